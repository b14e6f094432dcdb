import { readFileSync, realpathSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getCleanEnvironment, runCommand } from '../../client/tests/package/installed-package.ts'
import { AGENT_CLIENTS } from '../../server/tests/support/agent-clients.ts'
import { REPOSITORY_URL, TAG } from '../repository.ts'
import { listToolsOnce } from './first-tools-list.ts'
import { createProject, npmInstall, type PackedPackages, packForTest } from './packed-packages.ts'
import { type ReleaseServer, startReleaseServer } from './release-server.ts'
import { startByShell } from './shell-command.ts'

let packed: PackedPackages
let releases: ReleaseServer

beforeAll(async () => {
  packed = await packForTest()
  releases = await startReleaseServer(join(packed.folder, 'dist'))
})

afterAll(async () => {
  releases?.close()
  await packed?.remove()
})

/** The lines of a document's shell blocks that install from a tarball: from a release, and from a clone. */
function findTarballCommands(file: string): string[] {
  const blocks = [...readFileSync(file, 'utf8').matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block)
  return blocks
    .join('')
    .split('\n')
    .filter((line) => line.endsWith('.tgz'))
}

describe.each([
  ['a release', 0],
  ['a clone', 1],
])('from %s, the commands of the READMEs', (source, index) => {
  let cwd: string
  let env: NodeJS.ProcessEnv

  /** The command as the README has it, except for what the tests do not repeat: a release's host, the packing. */
  function commandIn(file: string): string {
    const commands = findTarballCommands(file)
    expect(commands).toHaveLength(2)
    const command = commands[index] ?? ''
    const release = `${REPOSITORY_URL}/releases/download/${TAG}`
    expect(command).toContain(source === 'a release' ? ` ${release}/` : ' ./dist/')
    return command.replace(release, releases.url).replace('npm ci && npm run pack && ', '')
  }

  beforeAll(async () => {
    cwd = join(packed.folder, source.replace(' ', '-'))
    await mkdir(cwd)
    await symlink(join(packed.folder, 'dist'), join(cwd, 'dist'))
    // Not the cache of the user, which may have packages of the same name.
    const npm = { npm_config_cache: join(packed.folder, 'npm-cache'), npm_config_prefix: join(cwd, 'global') }
    env = { ...getCleanEnvironment(), ...npm, XDG_DATA_HOME: join(cwd, 'data') }
  })

  test('start a gateway, and install a client that records an event to it', async () => {
    const gateway = await startByShell(commandIn('README.md'), { cwd, env: { ...env, PORT: '0' } })
    try {
      expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)

      const project = join(cwd, 'project')
      await mkdir(project)
      await symlink(join(packed.folder, 'dist'), join(project, 'dist'))
      await runCommand('bash', ['-euc', commandIn('client/README.md')], project)
      const [, program = ''] = /```ts\n(.*?)```/s.exec(readFileSync('README.md', 'utf8')) ?? []
      const report = '\nconsole.log(JSON.stringify(session.ledger()))\n'
      await writeFile(join(project, 'main.mts'), program.replaceAll('http://127.0.0.1:8080', gateway.url) + report)
      const options = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,dom']
      const tsc = resolve('node_modules/typescript/bin/tsc')
      await runCommand(process.execPath, [tsc, ...options, 'main.mts'], project)
      const [insight, ledger = ''] = (await runCommand(process.execPath, ['main.mjs'], project)).split('\n')
      expect(insight).toBe('medium: Burst of errors')
      expect(JSON.parse(ledger)).toMatchObject({ recorded: 5, accepted: 5, end: { accepted: 1 } })
    } finally {
      await gateway.stop()
    }
  })

  test('install the command that connects agents', async () => {
    const tarball = commandIn('cli/README.md').split(' ').at(-1)
    await runCommand('bash', ['-euc', `npm_config_prefix=global npm install --global ${tarball}`], cwd)
    const printed = await runCommand(join(cwd, 'global/bin/achilles'), ['connect', 'cursor', '--print'], cwd)
    const { hooks } = JSON.parse(printed) as { hooks: { sessionStart: [{ command: string }] } }
    // What an agent starts: the program itself, not the link to it.
    const [command] = hooks.sessionStart.map((hook) => hook.command)
    await runCommand('bash', ['-euc', `HOME=$PWD XDG_STATE_HOME=$PWD/state ${command} <<< '{}'`], cwd)
    expect(command).toContain(join(realpathSync(cwd), 'global/lib/node_modules/@achilles/cli/lib/achilles.cjs'))
  })

  test('start a gateway for an agent', async () => {
    const commandLine = ['bash', '-c', `exec ${commandIn('README.md')} --stdio`]
    expect((await listToolsOnce({ commandLine, cwd, env })).tools).toHaveLength(11)
  })

  test('install the command that agents start, globally', async () => {
    const tarball = commandIn('README.md').split(' ').at(-1)
    await runCommand('bash', ['-euc', `npm_config_prefix=global npm install --global ${tarball}`], cwd)
    const commandLine = [join(cwd, 'global/bin/achilles-mcp-gateway'), '--stdio']
    expect((await listToolsOnce({ commandLine, cwd, env })).tools).toHaveLength(11)
  })
})

test('npx runs the other commands: core, doctor and keys', async () => {
  const cwd = await createProject(packed, 'commands', ['@achilles/mcp-gateway'])
  await npmInstall(cwd)
  const settings = `ACHILLES_API_KEY=a-secret-of-your-own GATEWAY_API_KEYS_FILE=keys.json`
  const npx = (command: string, more = '') => `${settings} ${more} npx -y @achilles/mcp-gateway ${command}`
  const run = (command: string) => runCommand('bash', ['-euc', command], cwd)
  expect(await run(npx('keys add ada'))).toMatch(/^ach_/m)
  const core = await startByShell(npx('core', 'CORE_PORT=0'), { cwd, env: getCleanEnvironment() })
  try {
    expect(await run(npx('doctor', `ACHILLES_BASE_URL=${core.url} PORT=0`))).toContain(' 0 faults')
  } finally {
    await core.stop()
  }
})

describe('the configuration of agents for standard input and output', () => {
  const DOCUMENTS = ['README.md', 'server/README.md', 'embedded-core/README.md', 'docs/agents.md']
  const EXAMPLE = 'examples/mcp/generic/mcp.json'
  interface Configuration {
    mcpServers: { achilles: { command: string; args: string[]; env?: Record<string, string> } }
  }

  test.each(DOCUMENTS)('%s has that of the example', (file) => {
    const blocks = [...readFileSync(file, 'utf8').matchAll(/```json\n([^`]*"command"[^`]*)```/g)]
    expect(blocks.map(([, block = '']) => JSON.parse(block))).toEqual([JSON.parse(readFileSync(EXAMPLE, 'utf8'))])
  })

  test.each(AGENT_CLIENTS)('an official client (%s) starts the gateway with it', async (name, connect) => {
    const cwd = await createProject(packed, `agent-${name.replace(/\W+/g, '-')}`, ['@achilles/mcp-gateway'])
    await npmInstall(cwd)
    const { mcpServers } = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as Configuration
    const { command, args, env } = mcpServers.achilles
    const { PATH = '', HOME = '' } = process.env
    const settings = { PATH, HOME, XDG_DATA_HOME: join(cwd, 'data'), ...env }
    const agent = await connect({ commandLine: [command, ...args], settings, cwd })
    try {
      expect(await agent.tools()).toHaveLength(11)
      expect(await agent.call('health')).toMatchObject({ isError: false, structured: { status: 'ok' } })
    } finally {
      await agent.close()
    }
  })
})
