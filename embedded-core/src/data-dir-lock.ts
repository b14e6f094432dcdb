import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** An exclusive lock on a data directory. The kernel releases it when the process ends, however it ends. */
export interface DataDirLock {
  /** Changes what other processes read about the holder. */
  announce(changes: Partial<Holder>): Promise<void>
  release(): Promise<void>
}

/** What the holder of a lock publishes, in a file that only its user can read. */
export interface Holder {
  pid: number
  /** Named in the error message of another process that needs the data directory. */
  role: string
  /** The lock will soon be released: processes that wait for it wait longer. */
  isEnding?: boolean
  /** Set if gateways may share this Core. */
  isShared?: boolean
  /** Where a Core that is shared listens, once it is ready. */
  core?: CoreAddress
}

export interface CoreAddress {
  url: string
  /** The bearer key. */
  apiKey: string
}

export interface LockOptions {
  /** @default this process */
  holder?: Holder | undefined
  /** Called with each connection of another process; by default it is closed. */
  onConnection?: ((socket: Socket) => void) | undefined
  /** Milliseconds to wait for a running holder; covers another process that only tries. @default 500 */
  waitMs?: number | undefined
  /** Milliseconds to wait for a holder that is stopping. @default 10_000 */
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
    onConnection = (socket) => socket.destroy(),
    waitMs = WAIT_MS,
    endingWaitMs = ENDING_WAIT_MS,
  }: LockOptions = {},
): Promise<DataDirLock> {
  const claim = process.platform === 'win32' ? claimPipe : claimSocket
  const startedAt = performance.now()
  for (;;) {
    const lock = await claim(dataDir, holder, onConnection).catch((cause: Error) => {
      throw new Error(`cannot lock the data directory ${dataDir}: ${cause.message}`, { cause })
    })
    if (typeof lock === 'object') return lock
    const other = await readHolder(dataDir, lock)
    const limit = getWaitLimit(holder, other, { waitMs, endingWaitMs })
    if (performance.now() - startedAt >= limit) throw inUse(dataDir, other)
    await delay(50 + Math.random() * 100)
  }
}

function getWaitLimit(
  own: Holder,
  other: Holder | undefined,
  { waitMs, endingWaitMs }: { waitMs: number; endingWaitMs: number },
): number {
  if (other && isEnding(other)) return Math.max(waitMs, endingWaitMs)
  // Rather than waiting for its end, the gateway then uses that Core.
  return own.isShared && other?.isShared ? WAIT_MS : waitMs
}

export interface HolderConnection {
  socket: Socket
  /** Resolves when the connection has ended, however early: the process may die at any time. */
  ended: Promise<void>
  /** Reads what the holder publishes now; undefined while it is being written. */
  readHolder(): Promise<Holder | undefined>
}

/** Connects to the process that holds the lock; the connection ends when that process does. Undefined if there is none. */
export async function connectToHolder(dataDir: string): Promise<HolderConnection | undefined> {
  if (process.platform === 'win32') {
    const connected = await tryConnect(await pipePath(dataDir))
    return connected && { ...connected, readHolder: () => readHolder(dataDir, PIPE_NOTE) }
  }
  for (const file of await readSockets(dataDir).catch(() => [])) {
    const [, name] = file.match(PATTERN) ?? []
    if (name === undefined) continue
    const connected = await withShortPath(dataDir, file, tryConnect)
    if (connected) return { ...connected, readHolder: () => readHolder(dataDir, name) }
  }
  return undefined
}

function tryConnect(path: string): Promise<Omit<HolderConnection, 'readHolder'> | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve({ socket, ended }))
    const ended = new Promise<void>((settle) => socket.once('close', () => settle()))
    // Later errors only close it.
    socket.on('error', () => resolve(undefined))
  })
}

/** True also for a former version's gateway that was killed: its Core ends as soon as its database is closed. */
export const isEnding = (holder: Holder): boolean => holder.isEnding === true || !isRunning(holder.pid)

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return getErrorCode(error) !== 'ESRCH'
  }
}

export function inUse(dataDir: string, holder: Holder | undefined): Error {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}, ${holder.role}`
  return Object.assign(new Error(`the data directory ${dataDir} is in use by ${who}`), { code: DATA_DIR_IN_USE })
}

const notePath = (dataDir: string, name: string) => join(dataDir, `${name}.json`)

async function writeHolder(dataDir: string, name: string, holder: Holder): Promise<void> {
  await writeFile(notePath(dataDir, name), JSON.stringify(holder), { mode: 0o600 })
}

/** Undefined while it is being written, or if an older version holds the lock. */
async function readHolder(dataDir: string, name: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(notePath(dataDir, name), 'utf8'))
    return Number.isInteger(holder?.pid) && typeof holder.role === 'string' ? holder : undefined
  } catch {
    return undefined
  }
}

/**
 * Each process listens on its own socket, publishes it by a rename, and then looks for others: of any two, the later
 * one sees the earlier and gives up. Names are never reused, so a socket that rejects connections belongs to a dead
 * process and may be removed.
 */
async function claimSocket(
  dataDir: string,
  holder: Holder,
  onConnection: (socket: Socket) => void,
): Promise<DataDirLock | string> {
  const other = await findOther(dataDir)
  if (other !== undefined) return other
  const name = `lock-${randomBytes(6).toString('hex')}`
  const pending = shortPath(dataDir, `${name}.new`)
  const socketPath = shortPath(dataDir, `${name}.sock`)
  const published = { ...holder }
  const listener = await listen(pending, onConnection)
  let announced = Promise.resolve()
  const release = async () => {
    await announced
    await rm(socketPath, { force: true })
    await rm(notePath(dataDir, name), { force: true })
    listener.close()
  }
  try {
    await writeHolder(dataDir, name, published)
    await rename(pending, socketPath)
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
    announce(changes) {
      Object.assign(published, changes)
      announced = announced.then(() => writeHolder(dataDir, name, published)).catch(() => {})
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
    if (await readHolder(dataDir, name)) await rm(notePath(dataDir, name), { force: true })
  }
}

async function claimPipe(
  dataDir: string,
  holder: Holder,
  onConnection: (socket: Socket) => void,
): Promise<DataDirLock | string> {
  try {
    const listener = await listen(await pipePath(dataDir), onConnection)
    const published = { ...holder }
    await writeHolder(dataDir, PIPE_NOTE, published)
    return {
      announce: (changes) => writeHolder(dataDir, PIPE_NOTE, Object.assign(published, changes)),
      release: async () => listener.close(),
    }
  } catch (error) {
    if (getErrorCode(error) === 'EADDRINUSE') return PIPE_NOTE
    throw error
  }
}

async function pipePath(dataDir: string): Promise<string> {
  const hash = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
  return `\\\\.\\pipe\\achilles-embedded-core-${hash}`
}

interface Listener {
  /** Also ends the connections, whose peers wait for the release. */
  close(): void
}

async function listen(path: string, onConnection: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  server.listen(path)
  await once(server, 'listening')
  server.unref()
  return {
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Socket paths are limited to about a hundred characters, so the shorter form is used. */
function shortPath(dataDir: string, name: string): string {
  const [absolute, fromHere] = [join(dataDir, name), join(relative(process.cwd(), dataDir), name)]
  return fromHere.length < absolute.length ? fromHere : absolute
}

/** A socket in a directory whose path is too long is reached through a link. */
async function withShortPath<Result>(dataDir: string, name: string, use: (path: string) => Promise<Result>) {
  const path = shortPath(dataDir, name)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return use(path)
  const folder = await mkdtemp(join(tmpdir(), 'achilles-'))
  try {
    await symlink(dataDir, join(folder, 'data'))
    return await use(join(folder, 'data', name))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const getErrorCode = (error: unknown) => (error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined)
