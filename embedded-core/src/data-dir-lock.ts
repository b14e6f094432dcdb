import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** An exclusive lock on a data directory. The kernel releases it when the process ends, however it ends. */
export interface DataDirLock {
  /** Reports that the lock will soon be released: processes that wait for it then wait longer. */
  announceRelease(): Promise<void>
  release(): Promise<void>
}

/** Named in the error message of another process that needs the data directory. */
export interface Holder {
  /** The process to inspect or stop: the gateway, not the child that has the database open. */
  pid: number
  /** For example `a gateway on http://127.0.0.1:8080`. */
  role: string
}

export interface LockOptions {
  /** @default this process */
  holder?: Holder | undefined
  /** Milliseconds to wait for a running holder; covers another process that only tries. @default 500 */
  waitMs?: number | undefined
  /** Milliseconds to wait for a holder that is stopping, or whose gateway was killed. @default 10_000 */
  endingWaitMs?: number
}

const PATTERN = /^(lock-[0-9a-f]+)\.sock$/
const PENDING = /^lock-[0-9a-f]+\.new$/
const NOTE = /^(lock-[0-9a-f]+)\.json$/
const PIPE_NOTE = 'lock-pipe'
const WAIT_MS = 500
const ENDING_WAIT_MS = 10_000
/** The longest socket path that works on every platform; a longer one is truncated without an error. */
const MAX_SOCKET_PATH_BYTES = 103

export const DATA_DIR_IN_USE = 'DATA_DIR_IN_USE'

export const isDataDirInUse = (error: unknown): boolean => getErrorCode(error) === DATA_DIR_IN_USE

/** @throws Error `DATA_DIR_IN_USE` naming the holder, after the wait; another error if sockets are not supported. */
export async function lockDataDir(
  dataDir: string,
  {
    holder = { pid: process.pid, role: 'another process' },
    waitMs = WAIT_MS,
    endingWaitMs = ENDING_WAIT_MS,
  }: LockOptions = {},
): Promise<DataDirLock> {
  const claim = process.platform === 'win32' ? claimPipe : claimSocket
  const startedAt = performance.now()
  for (;;) {
    const lock = await claim(dataDir, holder).catch((cause: Error) => {
      throw new Error(`cannot lock the data directory ${dataDir}: ${cause.message}`, { cause })
    })
    if (typeof lock === 'object') return lock
    const note = await readNote(dataDir, lock)
    const limit = note && isEnding(note) ? Math.max(waitMs, endingWaitMs) : waitMs
    if (performance.now() - startedAt >= limit) throw inUse(dataDir, note)
    await delay(50 + Math.random() * 100)
  }
}

/**
 * Returns the error that `lockDataDir` would throw, without locking. Undefined if the directory is free, if its holder
 * is stopping, or on Windows, where only locking can find out.
 */
export async function findHolder(dataDir: string, waitMs = WAIT_MS): Promise<Error | undefined> {
  if (process.platform === 'win32') return undefined
  const startedAt = performance.now()
  for (;;) {
    const name = await findAlive(dataDir)
    const note = name === undefined ? undefined : await readNote(dataDir, name)
    if (name === undefined || (note && isEnding(note))) return undefined
    if (performance.now() - startedAt >= waitMs) return inUse(dataDir, note)
    await delay(50)
  }
}

interface Note extends Holder {
  isEnding: boolean
}

function inUse(dataDir: string, note: Note | undefined): Error {
  const who = note === undefined ? 'another process' : `process ${note.pid}, ${note.role}`
  return Object.assign(new Error(`the data directory ${dataDir} is in use by ${who}`), { code: DATA_DIR_IN_USE })
}

/** True also if the gateway was killed: its child then ends as soon as its database is closed. */
const isEnding = (note: Note) => note.isEnding || !isRunning(note.pid)

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return getErrorCode(error) !== 'ESRCH'
  }
}

const notePath = (dataDir: string, name: string) => join(dataDir, `${name}.json`)

async function writeNote(dataDir: string, name: string, note: Note): Promise<void> {
  await writeFile(notePath(dataDir, name), JSON.stringify(note), { mode: 0o600 })
}

/** Undefined while the note is being written, or if an older version holds the lock. */
async function readNote(dataDir: string, name: string): Promise<Note | undefined> {
  try {
    const note = JSON.parse(await readFile(notePath(dataDir, name), 'utf8'))
    return Number.isInteger(note?.pid) && typeof note.role === 'string' ? note : undefined
  } catch {
    return undefined
  }
}

/**
 * Each process listens on its own socket, publishes it by a rename, and then looks for others: of any two, the later
 * one sees the earlier and gives up. Names are never reused, so a socket that rejects connections belongs to a dead
 * process and may be removed.
 */
async function claimSocket(dataDir: string, holder: Holder): Promise<DataDirLock | string> {
  const other = await findOther(dataDir)
  if (other !== undefined) return other
  const name = `lock-${randomBytes(6).toString('hex')}`
  const pending = shortPath(dataDir, `${name}.new`)
  const published = shortPath(dataDir, `${name}.sock`)
  const server = await listen(pending)
  let announced = Promise.resolve()
  const release = async () => {
    await announced
    await rm(published, { force: true })
    await rm(notePath(dataDir, name), { force: true })
    await close(server)
  }
  try {
    await writeNote(dataDir, name, { ...holder, isEnding: false })
    await rename(pending, published)
    const other = await findOther(dataDir, `${name}.sock`)
    if (other !== undefined) {
      await release()
      return other
    }
  } catch (error) {
    await release()
    // The process that holds the lock by now has removed the pending socket.
    if (getErrorCode(error) === 'ENOENT') return name
    throw error
  }
  await removeStale(dataDir, name)
  return {
    announceRelease() {
      // Without the note others only wait for a shorter time.
      announced = writeNote(dataDir, name, { ...holder, isEnding: true }).catch(() => {})
      return announced
    },
    release,
  }
}

/** Also removes the locks of dead processes. */
async function findOther(dataDir: string, own?: string): Promise<string | undefined> {
  for (const file of await readSockets(dataDir)) {
    const [, name] = file.match(PATTERN) ?? []
    if (file === own || name === undefined) continue
    const path = shortPath(dataDir, file)
    if (await isAlive(path)) return name
    await rm(path, { force: true })
    await rm(notePath(dataDir, name), { force: true })
  }
  return undefined
}

/** Like `findOther`, but removes nothing and works from any directory. */
async function findAlive(dataDir: string): Promise<string | undefined> {
  for (const file of await readSockets(dataDir).catch(() => [])) {
    const [, name] = file.match(PATTERN) ?? []
    const path = shortPath(dataDir, file)
    if (name === undefined || Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) continue
    if (await isAlive(path)) return name
  }
  return undefined
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    // Any other error, such as a full backlog, does not prove that the process is dead.
    socket.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(getErrorCode(error) ?? '')))
  })
}

/** Only sockets: any other file with such a name is not ours to remove. */
async function readSockets(dataDir: string): Promise<string[]> {
  const entries = await readdir(dataDir, { withFileTypes: true })
  return entries.filter((entry) => entry.isSocket()).map(({ name }) => name)
}

/** Removes the files of processes that ended before they published their lock. */
async function removeStale(dataDir: string, own: string): Promise<void> {
  for (const file of await readSockets(dataDir)) {
    if (PENDING.test(file)) await rm(shortPath(dataDir, file), { force: true })
  }
  const files = new Set(await readdir(dataDir))
  for (const file of files) {
    const [, name] = file.match(NOTE) ?? []
    if (name === undefined || name === own || files.has(`${name}.sock`)) continue
    if (await readNote(dataDir, name)) await rm(notePath(dataDir, name), { force: true })
  }
}

async function claimPipe(dataDir: string, holder: Holder): Promise<DataDirLock | string> {
  const hash = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
  try {
    const server = await listen(`\\\\.\\pipe\\achilles-embedded-core-${hash}`)
    const note = (isEnding: boolean) => writeNote(dataDir, PIPE_NOTE, { ...holder, isEnding })
    await note(false)
    return { announceRelease: () => note(true), release: () => close(server) }
  } catch (error) {
    if (getErrorCode(error) === 'EADDRINUSE') return PIPE_NOTE
    throw error
  }
}

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  server.listen(path)
  await once(server, 'listening')
  return server.unref()
}

const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()))

/** Socket paths are limited to about a hundred characters, so the shorter form is used. */
function shortPath(dataDir: string, name: string): string {
  const [absolute, fromHere] = [join(dataDir, name), join(relative(process.cwd(), dataDir), name)]
  return fromHere.length < absolute.length ? fromHere : absolute
}

const getErrorCode = (error: unknown) => (error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined)
