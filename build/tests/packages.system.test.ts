import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { getCleanEnvironment, runCommand } from '../../client/tests/package/installed-package.ts'
import { version } from '../../server/src/version.ts'
import { PACKAGES, pack } from '../pack.ts'

/** Not `dist`, which other tests build at the same time. */
const DIST = `dist.${process.pid}`

let folder: string
let tarballs: Map<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'achilles-packages-'))
  tarballs = await pack(join(folder, 'tarballs'), DIST)
})

afterAll(async () => {
  for (const { workspace } of PACKAGES) await rm(join(workspace, DIST), { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true })
})

/** Installs the tarballs in an empty folder. */
async function install(name: string, command: string, args: string[]): Promise<string> {
  const dir = join(folder, name)
  await mkdir(dir)
  const dependencies = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]))
  // One tarball depends on another, which is in no registry yet.
  const forced = { overrides: dependencies, resolutions: dependencies, pnpm: { overrides: dependencies } }
  await writeFile(join(dir, 'package.json'), JSON.stringify({ private: true, dependencies, ...forced }))
  await runCommand(command, args, dir)
  return dir
}

const filesIn = async (tarball: string) => {
  const list = await runCommand('tar', ['-tzf', tarball], folder)
  return list
    .trim()
    .split('\n')
    .map((file) => file.replace(/-[0-9A-Z]{8}\.js/, '-HASH.js'))
    .sort()
}

test.each(PACKAGES)('$name publishes these files', async ({ name, workspace }) => {
  const list = (await filesIn(tarballs.get(name) ?? '')).join('\n')
  await expect(`${list}\n`).toMatchFileSnapshot(`files/${workspace}.txt`)
})

test('two runs are equal, byte for byte', async () => {
  const again = await pack(join(folder, 'again'), DIST)
  const hash = async (path = '') =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  for (const [name, path] of tarballs) expect(await hash(again.get(name)), name).toBe(await hash(path))
})

test.each(PACKAGES)('publint finds no fault in $name', async ({ workspace }) => {
  await runCommand('npx', ['publint', '--strict', DIST], workspace)
})

test.each([
  ['npm', 'npm', ['install', '--no-audit', '--no-fund']],
  ['pnpm', 'npx', ['--yes', 'pnpm@10', 'install']],
  ['yarn', 'npx', ['--yes', 'yarn@1', 'install', '--no-lockfile']],
])('installed with %s, the gateway answers an agent and the client loads', async (name, command, args) => {
  const dir = await install(name, command, args)
  const bin = join(dir, 'node_modules/.bin/achilles-mcp-gateway')
  expect(await runCommand(bin, ['--version'], dir)).toBe(`${version}\n`)
  const request = { jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE }
  const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
  const env = { ...getCleanEnvironment(), XDG_DATA_HOME: join(dir, 'data') }
  const started = promisify(execFile)(bin, ['--stdio'], { cwd: dir, env, maxBuffer: 2 ** 26 })
  started.child.stdin?.end(`${JSON.stringify(request)}\n${JSON.stringify(INITIALIZED)}\n${JSON.stringify(list)}\n`)
  const { stdout } = await started
  expect(stdout).toContain('"signals_ingest"')
  const script = `import('@achilles/mcp-client/node').then(({ fileSpool }) => console.log(typeof fileSpool))`
  expect(await runCommand(process.execPath, ['-e', script], dir)).toBe('function\n')
  if (name === 'npm') {
    const size = await runCommand('du', ['-sm', 'node_modules'], dir)
    process.stdout.write(
      `installed: ${size.split('\t')[0]} MB, ${(await readdir(join(dir, 'node_modules'))).length} folders\n`,
    )
  }
})

const INITIALIZE = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' }
