import { createHash } from 'node:crypto'
import { writeFile as fsWriteFile, mkdir, mkdtemp, rename, rm, stat, symlink, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../telemetry/log.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { type ApiKeys, watchApiKeys } from './api-keys.ts'

const root = await mkdtemp(join(tmpdir(), 'api-keys-'))
let path: string
let lines: string[]
let keys: ApiKeys | undefined

beforeEach(async () => {
  path = join(await mkdtemp(join(root, 'test-')), 'keys.json')
  lines = []
})
afterEach(() => {
  keys?.stop()
  for (const line of lines) expect(line).not.toMatch(/secret|[0-9a-f]{32}/i)
})
afterAll(() => rm(root, { recursive: true, force: true }))

const writeFile = (file: string, content: string) => fsWriteFile(file, content, { mode: 0o600 })
const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
const encodeKeys = (...names: string[]) =>
  JSON.stringify(names.map((name) => ({ name, sha256: sha256(`secret-${name}`) })))

async function watch(): Promise<ApiKeys> {
  const log = createLog('trace', { write: (line) => lines.push(line) })
  keys = await watchApiKeys(path, { log, metrics: createMetrics() }, { everyMs: 10 })
  return keys
}

const logged = () => lines.map((line) => JSON.parse(line) as { level: number; msg: string })
const reloaded = (count: number) =>
  expect.objectContaining({ level: 30, msg: `The API keys file was reloaded, keys: ${count}` })

test('finds the principal of a key, with its hash in either case', async () => {
  const limited = { name: 'limited', sha256: sha256('secret-limited').toUpperCase(), workspaces: ['w'] }
  await writeFile(path, JSON.stringify([{ name: 'all', sha256: sha256('secret-all') }, limited]))
  const { find } = await watch()
  expect(find('secret-limited')).toEqual({ name: 'limited', workspaces: ['w'] })
  expect(find('secret-all')).toEqual({ name: 'all' })
  for (const unknown of ['', 'secret', sha256('secret-all')]) expect(find(unknown)).toBeUndefined()
})

test('an invalid or missing file at the start is an error', async () => {
  await expect(watch()).rejects.toThrow(`${path}: cannot be read (ENOENT)`)
  await writeFile(path, '[')
  await expect(watch()).rejects.toThrow(`${path}: is not JSON`)
})

test('reads it again when it is edited in place', async () => {
  await writeFile(path, encodeKeys('old', 'both'))
  const { find } = await watch()
  await writeFile(path, encodeKeys('both', 'new', 'newer'))
  await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })
  expect(find('secret-old')).toBeUndefined()
  expect(find('secret-both')).toEqual({ name: 'both' })
  expect(logged().at(-1)).toEqual(reloaded(3))
})

test('reloads the file when neither its time nor its size has changed', async () => {
  await writeFile(path, encodeKeys('one'))
  const { atime, mtime, size } = await stat(path)
  const { find } = await watch()
  await writeFile(path, encodeKeys('two'))
  await utimes(path, atime, mtime)
  expect((await stat(path)).size).toBe(size)
  await expect.poll(() => find('secret-two')).toEqual({ name: 'two' })
})

test('reloads the file when it is replaced', async () => {
  await writeFile(path, encodeKeys('old'))
  const { find } = await watch()
  await writeFile(`${path}.new`, encodeKeys('new'))
  await rename(`${path}.new`, path)
  await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })
  expect(find('secret-old')).toBeUndefined()
  expect(logged()).toEqual([reloaded(1)])
})

test('reloads the file when a symbolic link in its path changes, as Kubernetes does with secrets', async () => {
  const mount = join(path, '..')
  for (const version of ['old', 'new']) {
    await mkdir(join(mount, version))
    await writeFile(join(mount, version, 'keys.json'), encodeKeys(version))
  }
  await symlink('old', join(mount, '..data'))
  await symlink('..data/keys.json', path)
  const { find } = await watch()
  expect(find('secret-old')).toEqual({ name: 'old' })
  await symlink('new', join(mount, '..data_tmp'))
  await rename(join(mount, '..data_tmp'), join(mount, '..data'))
  await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })
  expect(find('secret-old')).toBeUndefined()
  expect(logged()).toEqual([reloaded(1)])
})

test('an invalid file is rejected and logged once; the previous keys stay valid until it is fixed', async () => {
  const good = encodeKeys('old')
  const broken = JSON.stringify([{ name: 'new', sha256: sha256('secret-new'), workspaces: [] }])
  await writeFile(path, good)
  const { find } = await watch()
  const replace = async (content: string) => {
    await writeFile(`${path}.new`, content)
    await rename(`${path}.new`, path)
  }
  const rejected = (error: string) =>
    expect.objectContaining({
      level: 50,
      msg: `The API keys file was rejected, the previous keys stay valid: ${path}: ${error}`,
    })

  await replace(broken)
  await expect.poll(logged).toHaveLength(1)
  expect(find('secret-old')).toEqual({ name: 'old' })
  expect(find('secret-new')).toBeUndefined()
  await rm(path)
  await expect.poll(logged).toHaveLength(2)
  expect(find('secret-old')).toEqual({ name: 'old' })
  await replace(`${good}}`)
  await expect.poll(logged).toHaveLength(3)
  expect(find('secret-old')).toEqual({ name: 'old' })
  await replace(good)
  await expect.poll(logged).toHaveLength(4)
  await replace(encodeKeys('old', 'new'))
  await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })

  expect(logged()).toEqual([
    rejected('0.workspaces: must name a workspace; leave it out to allow all'),
    rejected('cannot be read (ENOENT)'),
    rejected('is not JSON'),
    reloaded(1),
    reloaded(2),
  ])
})

test('an unchanged error is found many times and logged once', async () => {
  await writeFile(path, encodeKeys('old'))
  await watch()
  await rm(path)
  await expect.poll(logged).toHaveLength(1)
  const timers = vi.spyOn(globalThis, 'setTimeout')
  try {
    await expect.poll(() => timers.mock.calls.filter(([, ms]) => ms === 10).length).toBeGreaterThan(5)
  } finally {
    timers.mockRestore()
  }
  expect(logged()).toHaveLength(1)
})

test('after stop() the file is not read, and the keys are kept', async () => {
  await writeFile(path, encodeKeys('old'))
  const watched = await watch()
  const other = await watchApiKeys(path, { log: createLog('silent'), metrics: createMetrics() }, { everyMs: 10 })
  try {
    watched.stop()
    await writeFile(path, encodeKeys('new'))
    await expect.poll(() => other.find('secret-new')).toEqual({ name: 'new' })
    expect(watched.find('secret-old')).toEqual({ name: 'old' })
    expect(lines).toEqual([])
  } finally {
    other.stop()
  }
})
