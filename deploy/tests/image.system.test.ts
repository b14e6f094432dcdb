import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  type FormerData,
  getDatabaseUrl,
  getDataDir,
  writeFormerPglite,
  writeFormerPostgres,
} from '../../embedded-core/tests/upgrade/former-data.ts'
import { expectReads } from '../../embedded-core/tests/upgrade/history.ts'
import { hasFormerVersion } from '../../server/tests/support/former-version.ts'
import { makeBaseImage } from './image/base-image.ts'
import { buildImage } from './image/build-image.ts'
import { createBuildah } from './image/buildah.ts'
import { type Container, startContainer } from './image/container.ts'
import type { Image } from './image/image.ts'
import { missingForImage } from './image/missing-for-image.ts'
import { run } from './image/run.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const BASE = '/api/achilles/v1/mcp'

const postgresUrl = process.env.TEST_POSTGRES_URL
const missing = missingForImage()
if (missing) process.stdout.write(`skipped: the image, built by buildah and run (${missing})\n`)

describe.skipIf(missing)('the image', () => {
  let workspace: string
  let baseEntries: string[]
  let image: Image
  let container: Container
  let startedAt: number

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'achilles-image-'))
    const buildah = createBuildah(workspace)
    baseEntries = await makeBaseImage(buildah, ROOT, workspace)
    const began = performance.now()
    image = await buildImage(buildah, await contextWithSecrets(workspace), workspace)
    say(`built in ${secondsSince(began)}, ${await sizeOf(image.root)} beside Node and its base image`)
    startedAt = performance.now()
    // The setting with which compose.yaml runs it, behind a port that is published on loopback alone.
    container = await startContainer(image, { settings: { GATEWAY_AUTH: 'none' }, volumes: join(workspace, 'volumes') })
  }, 1_800_000)

  afterAll(async () => {
    if (container && existsSync(`/proc/${container.pid}`)) await container.stop('SIGKILL')
    await rm(workspace, { recursive: true, force: true })
  })

  test('holds what runs, and nothing of tests, types, caches or what only developers need', async () => {
    const files = await filesIn(join(image.root, 'app'))
    const own = files.filter((file) => !file.startsWith('node_modules/'))
    expect(own).toContain('server/src/main.ts')
    expect(own.filter((file) => /\.test\.ts$|(^|\/)(tests?|testing|scripts)\//.test(file))).toEqual([])
    const known =
      /^(package\.json|LICENSE|embedded-core\/(assets|drizzle)\/|(server|shared|sources|embedded-core)\/(package\.json|src\/))/
    expect(own.filter((file) => !known.test(file))).toEqual([])
    for (const [name] of SECRETS) expect(own).not.toContain(name)
    expect(files.filter((file) => /(\.d\.[cm]?ts|\.map|(^|\/)\.npmrc|(^|\/)\.env)$/.test(file))).toEqual([])
    // Native code would be that of the machine that builds, in the image for each architecture.
    expect(files.filter((file) => file.endsWith('.node'))).toEqual([])
    const developersOwn = await developersAlone()
    expect(developersOwn).toContain('node_modules/vitest')
    for (const path of [...developersOwn, 'node_modules/typescript', 'node_modules/.bin']) {
      expect(existsSync(join(image.root, 'app', path)), path).toBe(false)
    }
    const beside = (await readdir(image.root)).filter((name) => !baseEntries.includes(name))
    expect(beside.toSorted()).toEqual(['app', 'data'])
    for (const folder of ['tmp', 'run']) expect(await readdir(join(image.root, folder))).toEqual([])
    // Debian's two, and what this build's mounts left empty.
    expect(await filesIn(join(image.root, 'root'))).toEqual(['.bashrc', '.npmrc', '.profile'])
    expect(await readFile(join(image.root, 'root/.npmrc'), 'utf8')).toBe('')
  })

  test('starts without a privilege, and the embedded Core with it', async () => {
    await expect.poll(async () => (await container.request('/livez')).status).toBe(200)
    say(`answers ${secondsSince(startedAt)} after its start, with a database to be created`)
    const status = await readFile(`/proc/${container.pid}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\s+1000\s+1000\s+1000\s+1000$/m)
    expect(status).toMatch(/^Gid:\s+1000\s+1000\s+1000\s+1000$/m)
    expect(status).toMatch(/^CapEff:\s+0+$/m)
    expect(status).toMatch(/^CapBnd:\s+0+$/m)
    // The process that gets the signals is Node itself.
    expect(await readFile(`/proc/${container.pid}/cmdline`, 'utf8')).toBe(`${image.command.join('\0')}\0`)
    expect(container.log.join('\n')).not.toMatch(/warning|experimental/i)
  })

  test('can write to /data and /tmp alone', async () => {
    const writable = async (folder: string) => (await container.exec(['touch', `${folder}/probe`])).exitCode === 0
    for (const folder of ['/data', '/tmp']) expect(await writable(folder), folder).toBe(true)
    for (const folder of ['', '/app', '/app/server', '/app/node_modules', '/etc', '/root', '/run', '/opt', '/usr']) {
      expect(await writable(folder), folder).toBe(false)
    }
  })

  test('keeps a session, serves its pages, and finds itself well', async () => {
    const created = await post(`${BASE}/sessions`, {
      external_session_key: 'from-the-image',
      user_id: 'ada',
      workspace_id: 'ws-image',
      start_time: '2026-03-02T09:00:00Z',
    })
    expect(created).toMatchObject({ status: 200, text: expect.stringMatching(/"session_id":"ses_/) })
    const script = await container.request('/docs/reference.js')
    expect(script.status).toBe(200)
    expect(script.text.length).toBeGreaterThan(1_000_000)
    for (const path of ['/', '/docs', '/openapi.json', '/readyz'])
      expect((await container.request(path)).status).toBe(200)
    expect(await container.exec(image.healthcheck)).toMatchObject({ exitCode: 0 })
  })

  test('has every package that the gateway may load', async () => {
    const { dependencies } = JSON.parse(await readFile(join(ROOT, 'server/package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    // Files of this one are served, and nothing is loaded.
    const names = Object.keys(dependencies).filter((name) => name !== 'swagger-ui-dist')
    const program = `Promise.all(${JSON.stringify(names)}.map((name) => import(name))).then((all) => console.log(all.length))`
    // From where the gateway's own modules are.
    const loaded = await container.exec(['env', '-C', 'server', 'node', '-e', program])
    expect(loaded).toEqual({ exitCode: 0, output: `${names.length}\n` })
  })

  test('stops in good order when told, and finds its data again', async () => {
    const core = await childOf(container.pid)
    const peak = await peakMemory(core)
    say(`memory at most: gateway ${await peakMemory(container.pid)}, embedded Core ${peak}`)
    expect(Number.parseInt(peak, 10)).toBeLessThan(450)
    const told = performance.now()
    expect(await container.stop('SIGTERM')).toBe(0)
    say(`stopped in ${secondsSince(told)}`)

    startedAt = performance.now()
    container = await startContainer(image, { settings: { GATEWAY_AUTH: 'none' }, volumes: join(workspace, 'volumes') })
    // A health check that finds nobody says so.
    expect((await container.exec(image.healthcheck)).exitCode).toBe(1)
    await expect.poll(async () => (await container.request('/livez')).status).toBe(200)
    say(`answers ${secondsSince(startedAt)} after a later start`)
    const found = await post(`${BASE}/sessions/resolve`, { external_session_key: 'from-the-image' })
    expect(JSON.parse(found.text)).toMatchObject({ found: true, session: { workspace_id: 'ws-image' } })
    expect(await container.stop('SIGTERM')).toBe(0)
  })

  test('ends at once when told while it starts', async () => {
    container = await startContainer(image, { settings: { GATEWAY_AUTH: 'none' }, volumes: join(workspace, 'short') })
    await expect.poll(() => childOf(container.pid)).toBeGreaterThan(0)
    expect(await container.stop('SIGTERM')).toBe(0)
    expect(container.log).toEqual([])
  })

  test('runs the embedded Core alone as well, for gateways to share', async () => {
    const settings = { CORE_HOST: '0.0.0.0', ACHILLES_API_KEY: 'a-key' }
    const command = ['node', 'server/src/main.ts', 'core']
    container = await startContainer(image, { settings, command, volumes: join(workspace, 'volumes') })
    const health = (key: string) =>
      container
        .request('/mcp/health', { headers: { authorization: `Bearer ${key}` } }, 8090)
        .then(({ status }) => status)
    await expect.poll(() => health('a-key')).toBe(200)
    expect(await health('another')).toBe(401)
    expect(await container.stop('SIGTERM')).toBe(0)
  })

  describe.skipIf(!hasFormerVersion())('on data of the former version', () => {
    /** Starts the image on a volume with the data, and finds everything in it. */
    async function expectReadsIn(volumes: string, { history }: FormerData, settings: Record<string, string> = {}) {
      await run('chown', ['-R', image.user, join(volumes, 'data')])
      const open = { GATEWAY_AUTH: 'none', RATE_LIMIT_PER_MINUTE: '1000000' }
      container = await startContainer(image, { settings: { ...open, ...settings }, volumes })
      await expect.poll(async () => (await container.request('/livez')).status).toBe(200)
      await expectReads((path, init) => container.request(path, init), history)
      expect(await container.stop('SIGTERM')).toBe(0)
    }

    test('opens a data directory with everything in it', async () => {
      const former = await writeFormerPglite()
      onTestFinished(() => former.original.remove())
      await expectReadsIn(dirname(getDataDir(former.original)), former)
      const { migrations, tables } = await former.original.readRows(former.rows)
      expect(tables).toEqual(former.rows.tables)
      expect(migrations).toBeGreaterThan(former.rows.migrations)
    })

    test.skipIf(!postgresUrl)('opens a PostgreSQL database with everything in it', async () => {
      const former = await writeFormerPostgres(postgresUrl ?? '')
      onTestFinished(() => former.original.remove())
      const volumes = join(workspace, 'postgres')
      const proxy = await listenOnSocket(join(volumes, 'data'), postgresUrl ?? '')
      onTestFinished(() => void proxy.close())
      const { pathname, username, password } = new URL(getDatabaseUrl(former.original))
      const url = `postgres://${username}:${password}@%2Fdata${pathname}`
      await expectReadsIn(volumes, former, { EMBEDDED_CORE_DATABASE_URL: url })
      const { migrations, tables } = await former.original.readRows(former.rows)
      expect(tables).toEqual(former.rows.tables)
      expect(migrations).toBeGreaterThan(former.rows.migrations)
    })
  })

  test('refuses to start for everyone without being told so', async () => {
    container = await startContainer(image, { settings: {}, volumes: join(workspace, 'unused') })
    await expect.poll(() => container.log.join('\n')).toContain('GATEWAY_AUTH=none')
  })

  const post = (path: string, body: unknown) =>
    container.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
})

/** A server for PostgreSQL's clients in a folder: the container's network has no other way out. */
async function listenOnSocket(folder: string, databaseUrl: string): Promise<Server> {
  const { hostname, port } = new URL(databaseUrl)
  const server = createServer((client) => {
    const database = connect(Number(port || 5432), hostname)
    pipeline(client, database, client, () => {})
  })
  await mkdir(folder, { recursive: true })
  server.listen(join(folder, '.s.PGSQL.5432'))
  await once(server, 'listening')
  return server
}

/** Files that must not reach the image, which lie in many a working copy. */
const SECRETS = [
  ['.env', 'ACHILLES_API_KEY=secret'],
  ['server/.env', 'ACHILLES_API_KEY=secret'],
  ['server/src/.env', 'ACHILLES_API_KEY=secret'],
  ['keys.json', '[]'],
  ['.achilles/core/PG_VERSION', '17'],
] as const

/** A copy of the project as a build context, with such files. */
async function contextWithSecrets(workspace: string): Promise<string> {
  const context = join(workspace, 'context')
  for (const name of [
    'package.json',
    'package-lock.json',
    'LICENSE',
    'Dockerfile',
    '.dockerignore',
    'shared',
    'embedded-core',
    'sources',
    'server',
  ])
    await cp(join(ROOT, name), join(context, name), {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    })
  for (const [name, text] of SECRETS) {
    await mkdir(dirname(join(context, name)), { recursive: true })
    await writeFile(join(context, name), text)
  }
  return context
}

const say = (line: string) => process.stdout.write(`image: ${line}\n`)

const secondsSince = (moment: number) => `${((performance.now() - moment) / 1000).toFixed(1)} s`

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()
}

async function sizeOf(root: string): Promise<string> {
  const { stdout } = await run('du', ['-s', '--apparent-size', '-BM', join(root, 'app')])
  return `${stdout.split('M')[0]} MB`
}

/** The process that a gateway has started, 0 where it has none. */
const childOf = async (pid: number) =>
  Number.parseInt(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10) || 0

async function peakMemory(pid: number): Promise<string> {
  const [, kilobytes = ''] = (await readFile(`/proc/${pid}/status`, 'utf8')).match(/^VmHWM:\s+(\d+) kB$/m) ?? []
  return `${Math.round(Number(kilobytes) / 1024)} MB`
}

/** What the lock file has for developers alone, as paths. */
async function developersAlone(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>
  }
  return Object.keys(packages).filter((path) => path.startsWith('node_modules/') && packages[path]?.dev)
}
