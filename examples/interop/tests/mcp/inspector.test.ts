import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Gateway } from '../support/gateway.ts'
import { interopTest, testClient } from '../support/interop-test.ts'
import { runProgram } from '../support/run-program.ts'
import { readResult, type ToolClient } from '../support/tool-client.ts'

const TOOL = '@modelcontextprotocol/inspector'
const MAIN = fileURLToPath(new URL(`../../node_modules/${TOOL}/clients/launcher/build/index.js`, import.meta.url))

/** The arguments of the command: the server, and what to do with it. */
type CommandLine = (options: string[]) => string[]

const overHttp =
  ({ mcpUrl }: Gateway): CommandLine =>
  (options) => [mcpUrl, ...options]

const overStdio = ({ stdio }: Gateway): CommandLine => {
  const env = Object.entries(stdio.env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  return (options) => [...options, ...env, '--cwd', stdio.cwd, '--', stdio.command, ...stdio.args]
}

/** Runs the command once, with a home of its own. */
const inspect = ({ folder }: Gateway, toCommandLine: CommandLine, ...options: string[]) =>
  runProgram([MAIN, '--cli', ...toCommandLine(options)], { cwd: folder, env: { HOME: folder } })

async function connect(gateway: Gateway, toCommandLine: CommandLine): Promise<ToolClient> {
  const listed = await inspect(gateway, toCommandLine, '--method', 'tools/list')
  expect(listed).toMatchObject({ exitCode: 0 })
  const { tools } = JSON.parse(listed.stdout) as { tools: { name: string }[] }
  return {
    tools: tools.map(({ name }) => name),
    async call(tool, input) {
      const pairs = Object.entries(input).flatMap(([key, value]) => ['--tool-arg', `${key}=${JSON.stringify(value)}`])
      const call = ['--method', 'tools/call', '--tool-name', tool, ...pairs]
      const { stdout, exitCode } = await inspect(gateway, toCommandLine, ...call)
      const text = readResult(JSON.parse(stdout))
      expect(exitCode).toBe(0)
      return text
    },
    async close() {},
  }
}

testClient(TOOL, 'HTTP', (gateway) => connect(gateway, overHttp(gateway)))
testClient(TOOL, 'stdio', (gateway) => connect(gateway, overStdio(gateway)))

interopTest(TOOL, 'HTTP, portable schemas', async (gateway) => {
  const { exitCode, stderr } = await inspect(gateway, overHttp(gateway), '--method', 'tools/list', '--strict')
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('Path: inputSchema') })
})
