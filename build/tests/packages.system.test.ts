import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getCleanEnvironment, runCommand, writeYarnSettings } from '../../client/tests/package/installed-package.ts'
import { version } from '../../server/src/version.ts'
import { findLinks, getAnchors } from '../markdown.ts'
import { PACKAGES, pack, toSbomPath } from '../pack.ts'
import { REPOSITORY_URL, TAG } from '../repository.ts'
import { listToolsOnce, type Start, timeToExit } from './first-tools-list.ts'
import { createProject, listComponents, npmInstall, type PackedPackages, packForTest } from './packed-packages.ts'

let packed: PackedPackages

beforeAll(async () => {
  packed = await packForTest()
})

afterAll(() => packed?.remove())

const tarballOf = (name: string) => packed.tarballs.get(name) ?? ''

test.each(PACKAGES)('$name publishes these files', async ({ name, workspace }) => {
  const list = await runCommand('tar', ['-tzf', tarballOf(name)], packed.folder)
  const files = list.trim().split('\n')
  // How many chunks esbuild makes depends on which modules import each other.
  const stable = new Set(files.map((file) => file.replace(/-[0-9A-Z]{8}\.js/, '-HASH.js')))
  await expect(`${[...stable].sort().join('\n')}\n`).toMatchFileSnapshot(`files/${workspace}.txt`)
})

test('two runs are equal, byte for byte', async () => {
  const again = await pack(join(packed.folder, 'again'), packed.dist)
  const hash = async (path = '') =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  for (const [name, path] of packed.tarballs) {
    expect(await hash(again.get(name)), name).toBe(await hash(path))
    expect(await hash(toSbomPath(again.get(name) ?? '')), `SBOM of ${name}`).toBe(await hash(toSbomPath(path)))
  }
})

test.each(PACKAGES)('publint finds no fault in $name', async ({ workspace }) => {
  await runCommand('npx', ['publint', '--strict', packed.dist], workspace)
})

// The others have no types: the gateway is a program, and those of the embedded Core name the contract's, which is private.
test('are-the-types-wrong finds no fault in the client', async () => {
  await runCommand('npx', ['attw', '--pack', packed.dist], 'client')
})

test.each([
  ['@achilles/mcp-client', ['superjson', '@trpc/client', 'zod'], ['hono', 'got', 'pg', '@electric-sql/pglite']],
  ['@achilles/embedded-core', ['@electric-sql/pglite', 'pg', 'drizzle-orm', 'hono'], ['got', 'superjson', 'pino']],
  ['@achilles/mcp-gateway', ['hono', 'got', 'pino', 'pg', 'swagger-ui-dist'], ['@trpc/client', 'vitest', 'esbuild']],
  ['@achilles/cli', ['commander', 'jsonc-parser', '@trpc/client', 'zod'], ['hono', 'got', 'pg', 'tsx']],
])('the SBOM of %s lists its own parts only', async (name, included, excluded) => {
  const names = listComponents(await readFile(toSbomPath(tarballOf(name)), 'utf8')).map((component) => component.name)
  expect(names).toEqual(expect.arrayContaining(included))
  expect(names.filter((component) => excluded.includes(component) || component.startsWith('@achilles/'))).toEqual([])
})

describe.each(PACKAGES)('the documents in $name', ({ name, workspace }) => {
  test('have no dead link', async () => {
    const folder = join(packed.folder, `unpacked-${workspace}`)
    await mkdir(folder)
    await runCommand('tar', ['-xzf', tarballOf(name), '--strip-components=1'], folder)
    const checked = await Promise.all(
      ['README.md', 'CHANGELOG.md']
        .filter((file) => existsSync(join(folder, file)))
        .map(async (file) => [file, findLinks(await readFile(join(folder, file), 'utf8'))] as const),
    )
    expect(checked.flatMap(([, links]) => links)).not.toEqual([])
    for (const [file, links] of checked) {
      for (const link of links) expect(await isDead(link, folder, file), `${file}: ${link}`).toBe(false)
    }
  })
})

/** Links of other sites are not followed. Those to the repository at this version's tag are looked up in the working copy. */
async function isDead(link: string, folder: string, file: string): Promise<boolean> {
  const [, inRepository] = new RegExp(`^${REPOSITORY_URL}/(?:blob|tree)/${TAG}/(.*)$`).exec(link) ?? []
  if (inRepository === undefined && /^\w+:/.test(link)) return link.startsWith(REPOSITORY_URL)
  const [path = '', anchor] = (inRepository ?? link).split('#')
  const target = inRepository === undefined ? join(folder, path || file) : path
  if (!existsSync(target)) return true
  return anchor !== undefined && !getAnchors(await readFile(target, 'utf8')).has(anchor)
}

const YARN_4 = ['npx', '--yes', '@yarnpkg/cli-dist@4']

interface PackageManager {
  name: string
  install: readonly string[]
  /** For Yarn 4. */
  nodeLinker?: 'pnp' | 'node-modules'
}

const PACKAGE_MANAGERS: readonly PackageManager[] = [
  { name: 'npm', install: ['npm', 'install', '--no-audit', '--no-fund'] },
  { name: 'pnpm', install: ['npx', '--yes', 'pnpm@10', 'install'] },
  { name: 'yarn-1', install: ['npx', '--yes', 'yarn@1', 'install', '--no-lockfile'] },
  { name: 'yarn-4', install: [...YARN_4, 'install'], nodeLinker: 'node-modules' },
  { name: 'yarn-4-pnp', install: [...YARN_4, 'install'], nodeLinker: 'pnp' },
]

test.each(PACKAGE_MANAGERS)('installed with $name, the packages work', async ({ name, install, nodeLinker }) => {
  const dir = await createProject(
    packed,
    name,
    PACKAGES.map((published) => published.name),
  )
  if (nodeLinker) await writeYarnSettings(dir, nodeLinker)
  const [command = '', ...args] = install
  await runCommand(command, args, dir)
  // Plug'n'Play has no node_modules: Yarn itself runs programs there.
  const yarn = nodeLinker === 'pnp' ? YARN_4 : []
  const gateway = [...yarn, nodeLinker === 'pnp' ? 'achilles-mcp-gateway' : 'node_modules/.bin/achilles-mcp-gateway']
  const run = ([program = '', ...rest]: string[]) => runCommand(program, rest, dir)

  expect(await run([...gateway, '--version'])).toBe(`${version}\n`)
  const env = { ...getCleanEnvironment(), XDG_DATA_HOME: join(dir, 'data') }
  const { tools } = await listToolsOnce({ commandLine: [...gateway, '--stdio'], cwd: dir, env })
  expect(tools).toContain('signals_ingest_batch')
  expect(await run([...yarn, 'node', '-e', CLIENT])).toBe('function\n')
  const achilles = [...yarn, nodeLinker === 'pnp' ? 'achilles' : 'node_modules/.bin/achilles']
  expect(await run([...achilles, 'connect', 'claude-code', '--print'])).toContain('hook claude-code')
  await writeFile(join(dir, 'core.mjs'), CORE)
  expect(await run([...yarn, 'node', 'core.mjs'])).toBe('ok\n')
})

const CLIENT = `import('@achilles/mcp-client/node').then(({ fileSpool }) => console.log(typeof fileSpool))`
/** The program in its README. */
const [, CORE = ''] = /```js\n(.*?)```/s.exec(readFileSync('embedded-core/README.md', 'utf8')) ?? []

test.each(PACKAGES)('npm installs with $name what its SBOM lists', async ({ name, workspace }) => {
  const dir = await createProject(packed, `alone-${workspace}`, [name])
  await npmInstall(dir)
  const lock = await readFile(join(dir, 'node_modules/.package-lock.json'), 'utf8')
  const { packages } = JSON.parse(lock) as { packages: Record<string, { peer?: true }> }
  // TypeScript, which npm adds because it is tRPC's peer, is that of the program that uses the client.
  const installed = Object.entries(packages)
    .flatMap(([path, { peer }]) => (peer ? [] : path.replace(/^.*node_modules\//, '')))
    .filter((installed) => installed !== name)
  const components = listComponents(await readFile(toSbomPath(packed.tarballs.get(name) ?? ''), 'utf8'))
  const expected = components.filter(({ isBundled }) => !isBundled).map((component) => component.name)
  expect(installed.toSorted()).toEqual(expected.toSorted())
  const size = await runCommand('du', ['-sm', 'node_modules'], dir)
  process.stdout.write(
    `${name}, installed: ${size.split('\t')[0]} MB, ${(await readdir(join(dir, 'node_modules'))).length} folders\n`,
  )
})

test('npx starts the gateway; how long it takes until an agent has the tools', async () => {
  const cwd = await createProject(packed, 'start-up', ['@achilles/mcp-gateway'])
  // Found and started by npx the same way, but without code.
  const empty = { name: '@achilles/empty', version: '1.0.0', bin: { 'achilles-empty': 'empty.js' } }
  await mkdir(join(cwd, 'empty'))
  await writeFile(join(cwd, 'empty/package.json'), JSON.stringify(empty))
  await writeFile(join(cwd, 'empty/empty.js'), '#!/usr/bin/env node\n')
  await npmInstall(cwd, '--install-links', './empty')
  const env = { ...getCleanEnvironment(), XDG_DATA_HOME: join(cwd, 'data') }
  const place = (...commandLine: string[]): Start => ({ commandLine, cwd, env })

  const npxGateway = await median(() => listTime(place('npx', '-y', '@achilles/mcp-gateway', '--stdio')))
  const npxEmpty = await median(() => timeToExit(place('npx', '-y', '@achilles/empty')))
  const gateway = await median(() => listTime(place('node', 'node_modules/.bin/achilles-mcp-gateway', '--stdio')))
  const node = await median(() => timeToExit(place('node', '-e', '0')))
  process.stdout.write(
    `first tools/list: ${npxGateway} ms by npx, of which an empty program takes ${npxEmpty} ms; ` +
      `${gateway} ms by node, of which an empty program takes ${node} ms\n`,
  )
})

const listTime = async (start: Start) => (await listToolsOnce(start)).ms

/** The median of five runs; a first one, which creates the database, is left out. */
async function median(measure: () => Promise<number>): Promise<number> {
  await measure()
  const times: number[] = []
  for (let run = 0; run < 5; run++) times.push(await measure())
  return Math.round(times.toSorted((a, b) => a - b)[2] ?? 0)
}
