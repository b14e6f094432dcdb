import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

/** The scenarios of the official conformance suite that apply to a server with only tools. */
const SCENARIOS = ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection']

/** Why the others do not apply. New scenarios in a later version of the suite fail this test until they are listed. */
const NOT_OURS = {
  'they call tools of the suite’s own': [
    'tools-call-simple-text',
    'tools-call-image',
    'tools-call-audio',
    'tools-call-embedded-resource',
    'tools-call-mixed-content',
    'tools-call-with-logging',
    'tools-call-error',
    'tools-call-with-progress',
    'tools-call-sampling',
    'tools-call-elicitation',
    'json-schema-2020-12',
    'elicitation-sep1034-defaults',
    'elicitation-sep1330-enums',
  ],
  'the server keeps no sessions and opens no streams': ['server-sse-polling', 'server-sse-multiple-streams'],
  'the server has tools, and neither logs, completions, resources nor prompts': [
    'logging-set-level',
    'completion-complete',
    'resources-list',
    'resources-read-text',
    'resources-read-binary',
    'resources-templates-read',
    'resources-subscribe',
    'resources-unsubscribe',
    'prompts-list',
    'prompts-get-simple',
    'prompts-get-with-args',
    'prompts-get-embedded-resource',
    'prompts-get-with-image',
  ],
}

const run = promisify(execFile)
const require = createRequire(import.meta.url)
// The package has no entry point except its command.
const SUITE = require.resolve('@modelcontextprotocol/conformance/dist/index.js')

let core: ScriptedCore
let gateway: TestGateway
let node: string | undefined

beforeAll(async () => {
  core = await startScriptedCore()
  core.answer(reply(200, {}))
  gateway = await startTestGateway(core)
  node = await findNode()
}, 120_000)

afterAll(async () => {
  await gateway.close()
  await core.close()
})

/** A Node that can run the suite: this one, or one from the registry if this one is too old. */
async function findNode(): Promise<string | undefined> {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath
  try {
    const { stdout } = await run('npx', ['-y', 'node@24', '-p', 'process.execPath'])
    return stdout.trim()
  } catch {
    process.stdout.write('conformance: skipped, since the suite wants Node 22 and none can be had\n')
    return undefined
  }
}

async function suite({ skip }: TestContext, ...args: string[]): Promise<string> {
  if (node === undefined) return skip()
  const { stdout } = await run(node, [SUITE, ...args])
  return stdout
}

test.for(SCENARIOS)('the official conformance suite: %s', async (scenario, context) => {
  const said = await suite(context, 'server', '--url', `${gateway.url}/mcp`, '--scenario', scenario)
  expect(said).toMatch(/Passed: (\d+)\/\1, 0 failed, 0 warnings/)
})

test('every scenario for servers is run or listed with a reason', async (context) => {
  const [servers = ''] = (await suite(context, 'list')).split('Client scenarios')
  const names = [...servers.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name)
  expect(names.sort()).toEqual([...SCENARIOS, ...Object.values(NOT_OURS).flat()].sort())
})
