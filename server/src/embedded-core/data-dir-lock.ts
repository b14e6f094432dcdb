import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A data directory held for this process. The kernel gives it free when the process ends, however it ends. */
export interface DataDirLock {
  /** Lets those who want the directory know that it will soon be free: they then wait longer. */
  announceRelease(): Promise<void>
  release(): Promise<void>
}

/** Who holds a data directory, for the message to those who want it too. */
export interface Holder {
  /** The process to look at or to stop: the gateway, not the child that has the database open. */
  pid: number
  /** What it is, e.g. `a gateway on http://127.0.0.1:8080`. */
  role: string
}

/** How long to wait for a data directory; times in milliseconds. */
export interface LockOptions {
  /** @default this process */
  holder?: Holder | undefined
  /** For a holder that goes on; long enough for another process that merely tries. @default 500 */
  waitMs?: number | undefined
  /** For a holder that stops, or whose gateway was killed. @default 10_000 */
  endingWaitMs?: number
}

const PATTERN = /^(lock-[0-9a-f]+)\.sock$/
const PENDING = /^lock-[0-9a-f]+\.new$/
const NOTE = /^(lock-[0-9a-f]+)\.json$/
const PIPE_NOTE = 'lock-pipe'
const WAIT_MS = 500
const ENDING_WAIT_MS = 10_000
/** What the path of a socket may have on every platform; a longer one is cut without an error. */
const MAX_SOCKET_PATH_BYTES = 103

/** The `code` of the error that says that another process holds the data directory. */
export const DATA_DIR_IN_USE = 'DATA_DIR_IN_USE'

/** Whether an error says that another process holds the data directory. */
export const isDataDirInUse = (error: unknown): boolean => codeOf(error) === DATA_DIR_IN_USE

/**
 * Holds `dataDir` for this process alone.
 * @throws Error naming the directory and its holder when the time is up, with the code `DATA_DIR_IN_USE`, or where the
 * file system has no such locks.
 */
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
 * The error that `lockDataDir` would throw, sooner and without changing anything: for those who would only then start the
 * process that locks. Undefined where nobody holds the directory, where its holder is about to end, or where only the
 * lock itself can find out.
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

/** What a holder leaves beside its lock. */
interface Note extends Holder {
  isEnding: boolean
}

function inUse(dataDir: string, note: Note | undefined): Error {
  const who = note === undefined ? 'another process' : `process ${note.pid}, ${note.role}`
  return Object.assign(new Error(`the data directory ${dataDir} is in use by ${who}`), { code: DATA_DIR_IN_USE })
}

/** A child outlives a gateway that was killed by as long as its database takes to close. */
const isEnding = (note: Note) => note.isEnding || !isRunning(note.pid)

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

/** @param name that of the lock, without its ending */
const notePath = (dataDir: string, name: string) => join(dataDir, `${name}.json`)

async function writeNote(dataDir: string, name: string, note: Note): Promise<void> {
  await writeFile(notePath(dataDir, name), JSON.stringify(note), { mode: 0o600 })
}

/** Undefined while it is being written, or where an older version holds the lock. */
async function readNote(dataDir: string, name: string): Promise<Note | undefined> {
  try {
    const note = JSON.parse(await readFile(notePath(dataDir, name), 'utf8'))
    return Number.isInteger(note?.pid) && typeof note.role === 'string' ? note : undefined
  } catch {
    return undefined
  }
}

/**
 * Each contender listens on a socket file of its own, shows it, and only then looks for others: of any two, the later
 * one sees the earlier and gives way. A socket that refuses is a dead process's for good, since sockets listen before
 * they are shown and names never come twice; so anybody may remove it.
 */
async function claimSocket(dataDir: string, holder: Holder): Promise<DataDirLock | string> {
  const other = await findOther(dataDir)
  if (other !== undefined) return other
  const name = `lock-${randomBytes(6).toString('hex')}`
  const pending = shortPath(dataDir, `${name}.new`)
  const shown = shortPath(dataDir, `${name}.sock`)
  const server = await listen(pending)
  let announced = Promise.resolve()
  const release = async () => {
    await announced
    await rm(shown, { force: true })
    await rm(notePath(dataDir, name), { force: true })
    await close(server)
  }
  try {
    await writeNote(dataDir, name, { ...holder, isEnding: false })
    await rename(pending, shown)
    const other = await findOther(dataDir, `${name}.sock`)
    if (other !== undefined) {
      await release()
      return other
    }
  } catch (error) {
    await release()
    // Whoever holds the lock by now has swept up.
    if (codeOf(error) === 'ENOENT') return name
    throw error
  }
  await sweep(dataDir, name)
  return {
    announceRelease() {
      // A note that cannot be written costs others their patience, no more.
      announced = writeNote(dataDir, name, { ...holder, isEnding: true }).catch(() => {})
      return announced
    },
    release,
  }
}

/** The name of another lock whose process lives; those of dead processes are removed. */
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

/** As `findOther` does, from any directory and without changing anything. */
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
    // Any other fault, such as a full backlog, is no proof of death.
    socket.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')))
  })
}

/** Only sockets are ever removed, and notes: any other file of such a name is somebody's. */
async function readSockets(dataDir: string): Promise<string[]> {
  const entries = await readdir(dataDir, { withFileTypes: true })
  return entries.filter((entry) => entry.isSocket()).map(({ name }) => name)
}

/** Removes what contenders left that ended before their lock was shown. */
async function sweep(dataDir: string, own: string): Promise<void> {
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
    if (codeOf(error) === 'EADDRINUSE') return PIPE_NOTE
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

/** Socket paths hold about a hundred characters; a process that works in its data directory has room. */
function shortPath(dataDir: string, name: string): string {
  const [whole, fromHere] = [join(dataDir, name), join(relative(process.cwd(), dataDir), name)]
  return fromHere.length < whole.length ? fromHere : whole
}

const codeOf = (error: unknown) => (error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined)
