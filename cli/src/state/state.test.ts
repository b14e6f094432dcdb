import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, describe, expect } from 'vitest'
import { type Folders, getFolders, toInbox, toLockFile } from './folders.ts'
import { type InboxEntry, listInbox, putIntoInbox, readFromInbox, removeFromInbox, setInboxFull } from './inbox.ts'
import { getIdentity, isAlive } from './process-identity.ts'
import { acquireLock, readLock, releaseLock, touchLock } from './sender-lock.ts'

const test = base.extend<{ folders: Folders }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from a pattern.
  folders: async ({}, use) => {
    const state = mkdtempSync(join(tmpdir(), 'achilles-state-'))
    await use({ state, config: state })
    rmSync(state, { recursive: true, force: true })
  },
})

const ENTRY: InboxEntry = {
  source: 'cli',
  receivedAt: '2026-03-02T09:04:11Z',
  cwd: '/',
  report: { session: { key: 'cli:1' }, events: [] },
}

test('folders follow the XDG specification, which ignores relative paths', () => {
  expect(getFolders({ HOME: '/home/ada' }, 'linux')).toEqual({
    config: '/home/ada/.config/achilles',
    state: '/home/ada/.local/state/achilles',
  })
  expect(getFolders({ HOME: '/home/ada', XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: 'relative' }, 'linux')).toEqual({
    config: '/home/ada/.config/achilles',
    state: '/s/achilles',
  })
  expect(getFolders({ LOCALAPPDATA: '/local' }, 'win32')).toEqual({
    config: '/local/achilles',
    state: '/local/achilles',
  })
})

describe('the inbox', () => {
  test('returns what was put in, in that order, until it is removed', ({ folders }) => {
    expect(listInbox(folders)).toEqual([])
    for (const cwd of ['/1', '/2', '/3']) putIntoInbox(folders, { ...ENTRY, cwd })
    const names = listInbox(folders)
    expect(names.map((name) => readFromInbox(folders, name)?.entry.cwd)).toEqual(['/1', '/2', '/3'])
    removeFromInbox(folders, names[0] ?? '')
    expect(listInbox(folders)).toEqual(names.slice(1))
  })

  test('leaves out halves, and removes them after a minute', ({ folders }) => {
    putIntoInbox(folders, ENTRY)
    const half = join(toInbox(folders), '1-1-1.tmp')
    writeFileSync(half, '{"source"')
    expect(listInbox(folders)).toHaveLength(1)
    expect(readdirSync(toInbox(folders))).toHaveLength(2)
    utimesSync(half, 1, 1)
    expect(listInbox(folders)).toHaveLength(1)
    expect(readdirSync(toInbox(folders))).toHaveLength(1)
  })

  test('takes nothing while it is full', ({ folders }) => {
    expect(setInboxFull(folders, true)).toBe(true)
    expect(setInboxFull(folders, true)).toBe(false)
    expect(() => putIntoInbox(folders, ENTRY)).toThrow('the inbox is full')
    setInboxFull(folders, false)
    putIntoInbox(folders, ENTRY)
  })

  test.each(['', 'garbage', '{"source":1}', '{"source":"a","report":{}}'])('does not return the damaged %j', (text) => {
    const state = mkdtempSync(join(tmpdir(), 'achilles-state-'))
    const folders = { state, config: state }
    putIntoInbox(folders, ENTRY)
    const [name = ''] = listInbox(folders)
    writeFileSync(join(toInbox(folders), name), text)
    expect(readFromInbox(folders, name)).toBeUndefined()
    rmSync(state, { recursive: true })
  })
})

describe('the lock', () => {
  test('is held by one process, until it releases it', ({ folders }) => {
    const file = toLockFile(folders)
    expect(readLock(file)).toBeUndefined()
    expect(acquireLock(file)).toBe(true)
    expect(readLock(file)).toEqual(getIdentity(process.pid))
    expect(acquireLock(file)).toBe(false)
    releaseLock(file)
    expect(acquireLock(file)).toBe(true)
  })

  test.each([
    ['of a process that has ended', { pid: 2 ** 22 - 1, started: 'x' }],
    ['of one whose pid another one has now', { pid: process.pid, started: 'another boot 1' }],
    ['without content, of a crash', undefined],
  ])('%s is taken', (_, holder) => {
    const state = mkdtempSync(join(tmpdir(), 'achilles-state-'))
    const file = toLockFile({ state, config: state })
    writeFileSync(file, holder ? JSON.stringify(holder) : '')
    if (!holder) utimesSync(file, 1, 1)
    expect(readLock(file)).toBeUndefined()
    expect(acquireLock(file)).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe(JSON.stringify(getIdentity(process.pid)))
    expect(readdirSync(state)).toHaveLength(1)
    rmSync(state, { recursive: true })
  })
})

test('where a process is not known by its start, the lock must be touched', ({ folders }) => {
  const file = toLockFile(folders)
  const holder = { pid: process.pid, started: null }
  writeFileSync(file, JSON.stringify(holder))
  expect(readLock(file)).toEqual(holder)
  utimesSync(file, 1, 1)
  expect(readLock(file)).toBeUndefined()
})

test('a lock that another process has taken is lost', ({ folders }) => {
  const file = toLockFile(folders)
  acquireLock(file)
  expect(touchLock(file)).toBe(true)
  writeFileSync(file, JSON.stringify(getIdentity(process.ppid)))
  expect(touchLock(file)).toBe(false)
  releaseLock(file)
  expect(readLock(file)).toEqual(getIdentity(process.ppid))
})

test('a process is known by its start', () => {
  const own = getIdentity(process.pid)
  expect(isAlive(own)).toBe(true)
  expect(isAlive({ ...own, started: null })).toBe(true)
  if (own.started) expect(isAlive({ ...own, started: 'earlier' })).toBe(false)
})
