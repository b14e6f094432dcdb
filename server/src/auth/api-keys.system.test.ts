import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mountDead } from '../../tests/support/dead-mount.ts'
import { createLog } from '../telemetry/log.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import { type ApiKeys, watchApiKeys } from './api-keys.ts'

const root = await mkdtemp(join(tmpdir(), 'api-keys-changes-'))
let folder: string
let path: string
let lines: string[]
let metrics: Metrics
let keys: ApiKeys | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(root, 'test-'))
  path = join(folder, 'keys.json')
  lines = []
  metrics = createMetrics()
})
afterEach(() => keys?.stop())
afterAll(() => rm(root, { recursive: true, force: true }))

const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
const encodeKeys = (names: string[]) =>
  JSON.stringify(names.map((name) => ({ name, sha256: sha256(`secret-${name}`) })))
const writeKeys = (file: string, ...names: string[]) => writeFile(file, encodeKeys(names), { mode: 0o600 })
const makeFifo = (file: string) => execFileSync('mkfifo', [file])

async function watch(timeoutMs?: number): Promise<ApiKeys> {
  const log = createLog('trace', { write: (line) => lines.push(line) })
  keys = await watchApiKeys(path, { log, metrics }, { everyMs: 10, ...(timeoutMs && { timeoutMs }) })
  return keys
}

const loggedAt = (level: number): string[] =>
  lines
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter((line) => line.level === level)
    .map(({ msg }) => msg)
const [INFO, WARN, ERROR] = [30, 40, 50]
const countFailures = async () => (await metrics.apiKeysFileFailures.get()).values[0]?.value ?? 0

describe.skipIf(process.platform === 'win32')('a path that is not a regular file', () => {
  const others: [string, (file: string) => unknown, string][] = [
    ['a FIFO without a writer', makeFifo, 'not a regular file'],
    ['a directory', (file) => mkdir(file), 'not a regular file'],
    ['a device that never ends', (file) => symlink('/dev/zero', file), 'not a regular file'],
    ['a link to itself', (file) => symlink(file, file), 'ELOOP'],
  ]

  test.each(others)('%s is rejected at the start', async (_, make) => {
    await make(path)
    await expect(watch()).rejects.toThrow(`${path}: cannot be read (`)
  })

  test.each(others)(
    '%s that replaces the file is logged once and counted, and the file is still watched',
    async (_, make, reason) => {
      await writeKeys(path, 'old')
      const { find } = await watch()
      await rm(path)
      await make(path)
      await expect.poll(() => loggedAt(ERROR).at(-1)).toContain(reason)
      const failures = await countFailures()
      await expect.poll(countFailures).toBeGreaterThan(failures + 2)
      expect(loggedAt(ERROR).filter((message) => message.includes(reason))).toHaveLength(1)
      expect(find('secret-old')).toEqual({ name: 'old' })

      await rm(path, { recursive: true })
      await writeKeys(path, 'new')
      await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })
      expect(find('secret-old')).toBeUndefined()
    },
  )
})

test('a file that is written in parts is read once it is complete', async () => {
  await writeKeys(path, 'old')
  const { find } = await watch()
  const whole = encodeKeys(['new'])
  await writeFile(path, whole.slice(0, 40))
  await expect.poll(() => loggedAt(ERROR)).toEqual([expect.stringContaining('is not JSON')])
  expect(find('secret-old')).toEqual({ name: 'old' })
  await writeFile(path, whole)
  await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })
})

test('a file of 100 MB is not read into memory', async () => {
  await writeKeys(path, 'old')
  const { find } = await watch()
  await truncate(path, 100 * 1024 * 1024)
  await expect.poll(() => loggedAt(ERROR)).toEqual([expect.stringContaining('larger than')])
  expect(find('secret-old')).toEqual({ name: 'old' })
})

test('a byte order mark, as editors on Windows write it, is skipped', async () => {
  await writeFile(path, `\uFEFF${encodeKeys(['first'])}`, { mode: 0o600 })
  const { find } = await watch()
  expect(find('secret-first')).toEqual({ name: 'first' })
  await writeFile(path, `\uFEFF${encodeKeys(['second'])}`)
  await expect.poll(() => find('secret-second')).toEqual({ name: 'second' })
})

test('of a thousand issues twenty are listed', async () => {
  await writeFile(path, JSON.stringify(Array(1000).fill({ name: '' })))
  const error: Error = await watch().then(
    () => new Error('the file was accepted'),
    (reason) => reason,
  )
  expect(error.message).toMatch(/; and \d+ more$/)
  expect(error.message.length).toBeLessThan(5_000)
})

describe.skipIf(process.platform === 'win32')('the file’s mode', () => {
  test.each([
    [0o644, 'has mode 644, so other users can read it'],
    [0o640, 'has mode 640, so other users can read it'],
    [0o666, 'has mode 666, so other users can change it'],
    [0o620, 'has mode 620, so other users can change it'],
  ])('%o is logged once as a warning', async (mode, warning) => {
    await writeKeys(path, 'one')
    await chmod(path, mode)
    const { find } = await watch()
    await writeFile(path, encodeKeys(['one', 'two']))
    await expect.poll(() => find('secret-two')).toEqual({ name: 'two' })
    expect(loggedAt(WARN)).toEqual([expect.stringContaining(warning)])
  })

  test.each([0o600, 0o400])('%o is not logged', async (mode) => {
    await writeKeys(path, 'one')
    await chmod(path, mode)
    await watch()
    expect(loggedAt(WARN)).toEqual([])
  })

  test('a change to an unsafe mode is logged while the gateway runs', async () => {
    await writeKeys(path, 'one')
    await watch()
    await chmod(path, 0o666)
    await expect.poll(() => loggedAt(WARN)).toEqual([expect.stringContaining('mode 666')])
  })
})

test('finding a key among 100 000 takes about as long as among ten', async () => {
  const measure = async (count: number) => {
    await writeFile(path, encodeKeys(Array.from({ length: count }, (_, index) => `n${index}`)), { mode: 0o600 })
    const { find, stop } = await watch()
    stop()
    expect(find(`secret-n${count - 1}`)).toEqual({ name: `n${count - 1}` })
    const startedAt = performance.now()
    for (let call = 0; call < 1_000; call++) find('secret-of-nobody')
    return performance.now() - startedAt
  }
  const few = await measure(10)
  // Comparing with each key takes 10,000 times as long.
  expect(await measure(100_000)).toBeLessThan(few * 100)
})

test('a file system that does not respond is logged once and counted; the keys stay valid, and it recovers', async (context) => {
  await writeKeys(path, 'old')
  const { find } = await watch(100)
  const dead = mountDead(folder)
  if (!dead) return context.skip()
  try {
    await expect.poll(() => loggedAt(ERROR)).toEqual([expect.stringContaining('no response within 0.1 s')])
    const failures = await countFailures()
    await expect.poll(countFailures).toBeGreaterThan(failures + 2)
    expect(loggedAt(ERROR)).toHaveLength(1)
    expect(find('secret-old')).toEqual({ name: 'old' })
  } finally {
    dead.remove()
  }
  await writeKeys(join(folder, 'keys.json.new'), 'new')
  await rename(join(folder, 'keys.json.new'), path)
  await expect.poll(() => find('secret-new')).toEqual({ name: 'new' })
  expect(loggedAt(INFO).length).toBeGreaterThan(0)
})
