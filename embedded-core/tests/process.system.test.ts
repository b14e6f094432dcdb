import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, expect, test } from 'vitest'
import { connectToHolder, lockDataDir } from '../src/data-dir-lock.ts'
import { type EmbeddedCore, startEmbeddedCore } from '../src/embedded-core.ts'
import { coreCaller, newEvent, newSession } from '../src/testing/requests.ts'
import { temporaryFolder } from '../src/testing/temporary-folder.ts'

const folder = await temporaryFolder()
const dataDir = join(folder.path, 'data')
// On a busy machine the Core of the previous test may still be ending.
const LOCK_WAIT_MS = 60_000
const started: EmbeddedCore[] = []
const hosts: ChildProcess[] = []

const heldDir = join(folder.path, 'held')
await mkdir(heldDir)
const lock = await lockDataDir(heldDir)
const refusal = startEmbeddedCore({ dataDir: heldDir, log: () => {}, execArgv: ['--import', 'tsx'] }).then(
  () => 'it started',
  (error: Error) => error.message,
)

afterEach(async () => {
  await Promise.all(started.splice(0).map((core) => core.stop()))
  // The leader of a group may be gone already.
  for (const { pid } of hosts.splice(0)) spawnSync('kill', ['-KILL', '--', `-${pid}`])
  await untilUnused()
})
afterAll(async () => {
  await lock.release()
  await folder.remove()
})

async function start(options: { dataDir?: string; databaseUrl?: string; log?: (line: string) => void } = {}) {
  const core = await startEmbeddedCore({
    dataDir,
    log: () => {},
    execArgv: ['--import', 'tsx'],
    lockWaitMs: LOCK_WAIT_MS,
    ...options,
  })
  started.push(core)
  return core
}

/** A process, leader of a new group, that uses a Core and prints its address. */
function spawnHost() {
  const module = new URL('../src/embedded-core.ts', import.meta.url)
  const script = join(folder.path, 'host.mts')
  writeFileSync(
    script,
    `import { startEmbeddedCore } from ${JSON.stringify(module.href)}
    const { url, apiKey, pid, isJoined } = await startEmbeddedCore({ dataDir: ${JSON.stringify(dataDir)}, log: console.error, lockWaitMs: ${LOCK_WAIT_MS} })
    console.log(JSON.stringify({ url, apiKey, pid, isJoined }))`,
  )
  const host = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  hosts.push(host)
  return host
}

async function startInHost() {
  const host = spawnHost()
  const [line] = await once(createInterface({ input: host.stdout }), 'line')
  return { host, ...(JSON.parse(line) as Pick<EmbeddedCore, 'url' | 'apiKey' | 'pid' | 'isJoined'>) }
}

/** What the Core on a data directory publishes; undefined if none runs. */
async function readHolder(dir = dataDir) {
  const connection = await connectToHolder(dir)
  connection?.socket.destroy()
  return connection?.readHolder()
}

const untilUnused = () => expect.poll(() => readHolder()).toBeUndefined()

const isDown = (url: string) =>
  fetch(url).then(
    () => false,
    () => true,
  )

test('after a kill -9 while the database is created, the next start creates it and removes the unfinished one', async () => {
  await mkdir(dataDir)
  const host = spawnHost()
  const unfinished = async () => (await readdir(dataDir)).find((name) => name.startsWith('core.creating-'))
  await expect.poll(unfinished, { interval: 10 }).toBeDefined()
  const path = join(dataDir, (await unfinished()) ?? '')
  await expect.poll(async () => (await readdir(path)).length, { interval: 10 }).toBeGreaterThan(0)
  const holder = await readHolder()
  process.kill(-Number(host.pid), 'SIGKILL')
  process.kill(Number(holder?.pid), 'SIGKILL')
  await once(host, 'exit')
  expect(await readdir(dataDir)).not.toContain('core')

  const core = await start()
  await expect(coreCaller(core)('GET', '/mcp/health')).resolves.toMatchObject({ status: 200 })
  await core.stop()
  expect(await readdir(dataDir)).toEqual(['core'])
}, 300_000)

test('a kill -9 right after the response loses nothing', async () => {
  const { host, ...core } = await startInHost()
  const call = coreCaller(core)
  const session = (await call('POST', '/mcp/sessions', newSession())).body
  const events = Array.from({ length: 100 }, () => newEvent(session.session_id))
  expect(await call('POST', '/signals/events/batch', { events })).toMatchObject({ status: 200 })
  host.kill('SIGKILL')
  process.kill(core.pid, 'SIGKILL')
  await once(host, 'exit')

  const again = coreCaller(await start())
  const { external_session_key } = session
  expect((await again('POST', '/mcp/sessions/resolve', { external_session_key })).body.session).toEqual(session)
  const { body } = await again('POST', '/signals/events/batch', { events })
  expect(body).toEqual({ results: events.map(({ event_id }) => ({ event_id, status: 'duplicate' })), failed: [] })
})

test('ends some time after its only user is killed, but not on a signal', async () => {
  const { host, url, pid } = await startInHost()
  host.kill('SIGSTOP')
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal)
  expect(await isDown(url)).toBe(false)
  host.kill('SIGKILL')
  await expect.poll(() => isDown(url)).toBe(true)
  await expect.poll(() => readdir(dataDir)).toEqual(['core'])
})

test('stop lets in-flight requests finish and leaves only the data', async () => {
  const core = await start()
  const request = coreCaller(core)('POST', '/mcp/sessions', newSession())
  await expect.poll(() => isDown(core.url)).toBe(false)
  await core.stop()
  expect(await request).toMatchObject({ status: 200 })
  await core.ended
  expect(await isDown(core.url)).toBe(true)
  expect(await readdir(dataDir)).toEqual(['core'])
  await core.stop()
})

test('processes that start at the same time share one Core, which ends with the last of them', async () => {
  const cores = await Promise.all([start(), start(), start()])
  const [first, ...others] = cores
  expect(new Set(cores.map(({ pid }) => pid)).size).toBe(1)
  expect(cores.map(({ url, apiKey }) => ({ url, apiKey }))).toEqual(
    cores.map(() => ({ url: first?.url, apiKey: first?.apiKey })),
  )
  expect(cores.filter(({ isJoined }) => !isJoined)).toHaveLength(1)
  // Also the one that started it.
  for (const core of cores.slice(0, 2)) await core.stop()
  expect(await isDown(first?.url ?? '')).toBe(false)
  await others[1]?.stop()
  expect(await readdir(dataDir)).toEqual(['core'])
})

test('a process that is killed leaves the Core to the others, and an unused Core waits for the next', async () => {
  const { host, pid } = await startInHost()
  const joined = await startInHost()
  expect(joined).toMatchObject({ pid, isJoined: true })
  host.kill('SIGKILL')
  joined.host.kill('SIGKILL')
  await once(joined.host, 'exit')
  const next = await start()
  expect(next).toMatchObject({ pid, isJoined: true })
  await next.stop()
  await next.ended
  expect(await readdir(dataDir)).toEqual(['core'])
})

test('a process that uses a Core notices at once that it was killed, and the next start starts another', async () => {
  const { pid } = await startInHost()
  const joined = await start()
  process.kill(pid, 'SIGKILL')
  await joined.ended
  const next = await start()
  expect(next.pid).not.toBe(pid)
  await expect(coreCaller(next)('GET', '/mcp/health')).resolves.toMatchObject({ status: 200 })
})

test('a Core that dies as soon as a process has connected to it is replaced', async () => {
  const dir = join(folder.path, 'dying')
  await mkdir(dir)
  const dying = await lockDataDir(dir, {
    holder: { pid: process.pid, role: 'a Core', isShared: true },
    onConnection(socket) {
      socket.destroy()
      void dying.release()
    },
  })
  const core = await start({ dataDir: dir })
  await expect(coreCaller(core)('GET', '/mcp/health')).resolves.toMatchObject({ status: 200 })
})

test('a Core that hangs is killed by the process that stops using it', async () => {
  const { pid } = await startInHost()
  const joined = await start()
  process.kill(pid, 'SIGSTOP')
  await joined.stop()
  await joined.ended
})

test('address and key are in a file that only the user can read', async () => {
  const { url, apiKey, pid } = await start()
  const files = (await readdir(dataDir)).filter((name) => name.endsWith('.json'))
  expect(files).toHaveLength(1)
  const path = join(dataDir, files[0] ?? '')
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid, core: { url, apiKey } })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a Core is shared also if the path of its directory is too long for a socket', async () => {
  const dir = join(folder.path, 'd'.repeat(120))
  const first = await start({ dataDir: dir })
  expect(await start({ dataDir: dir })).toMatchObject({ pid: first.pid, isJoined: true })
})

test('an unusable directory and a database that does not open are reported in one sentence', async () => {
  const file = join(folder.path, 'file')
  await writeFile(file, '')
  await expect(start({ dataDir: file })).rejects.toThrow(`cannot use the data directory ${file}: `)
  const databaseUrl = 'postgres://ada:secret@127.0.0.1:1/core'
  await expect(start({ databaseUrl })).rejects.toThrow(
    'cannot open the database at postgres://127.0.0.1:1/core: connect ECONNREFUSED 127.0.0.1:1',
  )
})

test('the error for a directory in use names the process that holds it', async () => {
  expect(await refusal).toBe(
    `the embedded Core did not start: the data directory ${heldDir} is in use by process ${process.pid}, another process`,
  )
})
