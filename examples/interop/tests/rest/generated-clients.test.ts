import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { postJson } from '../support/gateway.ts'
import { interopTest } from '../support/interop-test.ts'
import { runProgram } from '../support/run-program.ts'
import type { Outcome } from './programs/session-inputs.ts'

const INTEROP = fileURLToPath(new URL('../..', import.meta.url))
const DOCUMENT = fileURLToPath(new URL('../../../../docs/openapi.json', import.meta.url))

const COMPILER_OPTIONS =
  '--strict --noEmit --allowImportingTsExtensions --skipLibCheck --types node --target es2023 --lib es2023,dom,dom.iterable ' +
  '--module esnext --moduleResolution bundler'

interface Generation {
  /** The command in the package of the generator, and its arguments. */
  command: (files: { document: string; baseUrl: string }) => [bin: string, ...args: string[]]
  /** A configuration file, if the generator needs one. */
  config?: (files: { document: string; baseUrl: string }) => string
}

testGenerator('@hey-api/openapi-ts', 'hey-api', {
  command: ({ document }) => ['bin/run.js', '-i', document, '-o', 'generated', '-c', '@hey-api/client-fetch'],
})

testGenerator('orval', 'orval', {
  command: () => ['dist/bin/orval.mjs', '--config', 'config.mjs'],
  config: ({ document, baseUrl }) => {
    const output = { target: './generated/gateway.ts', client: 'fetch', baseUrl }
    return `export default ${JSON.stringify({ gateway: { input: document, output } })}`
  },
})

testGenerator('@kubb/plugin-client', 'kubb', {
  command: () => ['../cli/bin/kubb.cjs', 'generate', '--config', 'config.mjs'],
  config: ({ document }) => {
    const config = { root: '.', input: { path: document }, output: { path: './generated', format: false } }
    return `
      import { pluginClient } from '@kubb/plugin-client'
      import { pluginOas } from '@kubb/plugin-oas'
      import { pluginTs } from '@kubb/plugin-ts'
      const plugins = [pluginOas({ generators: [] }), pluginTs(), pluginClient({ client: 'fetch' })]
      export default { ...${JSON.stringify(config)}, plugins }`
  },
})

testGenerator('openapi-typescript', 'openapi-typescript', {
  command: ({ document }) => ['bin/cli.js', document, '-o', 'generated/gateway.ts'],
})

/** Generates a client, compiles a program that uses it, and runs the program. */
function testGenerator(tool: string, program: string, { command, config }: Generation): void {
  interopTest(tool, 'REST', async (gateway) => {
    const folder = await mkdtemp(join(tmpdir(), 'achilles-generated-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const files = { document: DOCUMENT, baseUrl: `${gateway.url}/api/achilles/v1/mcp` }
    await symlink(join(INTEROP, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    if (config) await writeFile(join(folder, 'config.mjs'), config(files))
    for (const file of [program, 'session-inputs'])
      await cp(join(INTEROP, `tests/rest/programs/${file}.ts`), join(folder, `${file}.ts`))

    const run = async (args: string[], env: Record<string, string> = {}) => {
      const { exitCode, stdout, stderr } = await runProgram(args, { cwd: folder, env: { HOME: folder, ...env } })
      expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 })
      return stdout
    }
    const [bin, ...args] = command(files)
    await run([join(INTEROP, 'node_modules', tool, bin), ...args])
    const compiler = join(INTEROP, 'node_modules/typescript/bin/tsc')
    await run([compiler, ...COMPILER_OPTIONS.split(' '), `${program}.ts`])
    const env = { GATEWAY_URL: gateway.url, SESSION_KEY: randomUUID() }
    const outcome = JSON.parse(await run(['--import', import.meta.resolve('tsx'), `${program}.ts`], env)) as Outcome
    const { session_id } = outcome
    expect(outcome).toEqual({
      session_id,
      accepted: 6,
      insights: ['Burst of errors'],
      status: 'completed',
      problem: {
        code: 'BAD_REQUEST',
        detail: expect.stringContaining('events[6].event_id: same event_id as events[0]'),
      },
    })
    expect(await postJson(gateway, '/signals/insights', { session_id })).toMatchObject([{ title: 'Burst of errors' }])
  })
}
