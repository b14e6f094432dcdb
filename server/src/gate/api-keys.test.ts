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
const fileOf = (...names: string[]) => JSON.stringify(names.map((name) => ({ name, sha256: sha256(`secret-${name}`) })))

async function watch(): Promise<ApiKeys> {
  const log = createLog('trace', { write: (line) => lines.push(line) })
  keys = await watchApiKeys(path, { log, metrics: createMetrics() }, { everyMs: 10 })
  return keys
}

const logged = () => lines.map((line) => JSON.parse(line) as { level: number; msg: string })
const reread = (count: number) =>
  expect.objectContaining({ level: 30, msg: `The API keys file was read again, keys in force: ${count}` })

test('finds whose key it is, by its hash in either case', async () => {
  const limited = { name: 'limited', sha256: sha256('secret-limited').toUpperCase(), workspaces: ['w'] }
  await writeFile(path, JSON.stringify([{ name: 'all', sha256: sha256('secret-all') }, limited]))
  const { find } = await watch()
  expect(find('secret-limited')).toEqual({ name: 'limited', workspaces: ['w'] })
  expect(find('secret-all')).toEqual({ name: 'all' })
  for (const stranger of ['', 'secret', sha256('secret-all')]) expect(find(stranger)).toBeUndefined()
})

test('a file with a fault at the start is an error', async () => {
  await expect(watch()).rejects.toThrow(`${path}: cannot be read (ENOENT)`)
  await writeFile(path, '[')
  await expect(watch()).rejects.toThrow(`${path}: is not JSON`)
})

test('reads it again when it is edited in place', async () => {
  await writeFile(path, fileOf('old', 'both'))
  const { find } = await watch()
  await writeFile(path, fileOf('both', 'new', 'newer'))
  await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })
  expect(find('secret-old')).toBeUndefined()
  expect(find('secret-both')).toEqual({ name: 'both' })
  expect(logged().at(-1)).toEqual(reread(3))
})

test('reads it again when neither its time nor its size has changed', async () => {
  await writeFile(path, fileOf('one'))
  const { atime, mtime, size } = await stat(path)
  const { find } = await watch()
  await writeFile(path, fileOf('two'))
  await utimes(path, atime, mtime)
  expect((await stat(path)).size).toBe(size)
  await expect.poll(() => find('secret-two')).toEqual({ name: 'two' })
})

test('reads it again when another takes its place', async () => {
  await writeFile(path, fileOf('old'))
  const { find } = await watch()
  await writeFile(`${path}.new`, fileOf('new'))
  await rename(`${path}.new`, path)
  await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })
  expect(find('secret-old')).toBeUndefined()
  expect(logged()).toEqual([reread(1)])
})

test('reads it again when a link on the way is swapped, as Kubernetes does with secrets', async () => {
  const mount = join(path, '..')
  for (const version of ['old', 'new']) {
    await mkdir(join(mount, version))
    await writeFile(join(mount, version, 'keys.json'), fileOf(version))
  }
  await symlink('old', join(mount, '..data'))
  await symlink('..data/keys.json', path)
  const { find } = await watch()
  expect(find('secret-old')).toEqual({ name: 'old' })
  await symlink('new', join(mount, '..data_tmp'))
  await rename(join(mount, '..data_tmp'), join(mount, '..data'))
  await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })
  expect(find('secret-old')).toBeUndefined()
  expect(logged()).toEqual([reread(1)])
})

test('what has a fault is refused and logged once; the keys before it stay, until it is whole again', async () => {
  const good = fileOf('old')
  const broken = JSON.stringify([{ name: 'new', sha256: sha256('secret-new'), workspaces: [] }])
  await writeFile(path, good)
  const { find } = await watch()
  const replace = async (content: string) => {
    await writeFile(`${path}.new`, content)
    await rename(`${path}.new`, path)
  }
  const refused = (fault: string) =>
    expect.objectContaining({
      level: 50,
      msg: `The API keys file is rejected, the keys before it stay in force: ${path}: ${fault}`,
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
  await replace(fileOf('old', 'new'))
  await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })

  expect(logged()).toEqual([
    refused('0.workspaces: must name a workspace; leave it out to allow all'),
    refused('cannot be read (ENOENT)'),
    refused('is not JSON'),
    reread(1),
    reread(2),
  ])
})

test('an unchanged fault is looked at many times and logged once', async () => {
  await writeFile(path, fileOf('old'))
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

test('stopped, it looks no more and keeps its keys', async () => {
  await writeFile(path, fileOf('old'))
  const watched = await watch()
  const other = await watchApiKeys(path, { log: createLog('silent'), metrics: createMetrics() }, { everyMs: 10 })
  try {
    watched.stop()
    await writeFile(path, fileOf('new'))
    await expect.poll(() => other.find('secret-new')).toEqual({ name: 'new' })
    expect(watched.find('secret-old')).toEqual({ name: 'old' })
    expect(lines).toEqual([])
  } finally {
    other.stop()
  }
})
