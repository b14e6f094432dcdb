import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, realpath, rename, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A data directory held for this process. The kernel gives it free when the process ends, however it ends. */
export interface DataDirLock {
  release(): Promise<void>
}

const PATTERN = /^lock-[0-9a-f]+\.sock$/
const PENDING = /^lock-[0-9a-f]+\.new$/

/** The `code` of the error that says that another process holds the data directory. */
export const DATA_DIR_IN_USE = 'DATA_DIR_IN_USE'

/** Whether an error says that another process holds the data directory. */
export const isDataDirInUse = (error: unknown): boolean => codeOf(error) === DATA_DIR_IN_USE

/**
 * Holds `dataDir` for this process alone, waiting up to `timeoutMs` for another that holds it.
 * @throws Error naming the directory when the time is up, with the code `DATA_DIR_IN_USE`, or the file system has no
 * such locks.
 */
export async function lockDataDir(dataDir: string, timeoutMs = 10_000): Promise<DataDirLock> {
  const claim = process.platform === 'win32' ? claimPipe : claimSocket
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const lock = await claim(dataDir).catch((cause: Error) => {
      throw new Error(`cannot lock the data directory ${dataDir}: ${cause.message}`, { cause })
    })
    if (lock) return lock
    if (performance.now() >= deadline) {
      const message = `the data directory ${dataDir} is in use by another process (waited ${timeoutMs / 1000} s)`
      throw Object.assign(new Error(message), { code: DATA_DIR_IN_USE })
    }
    await delay(50 + Math.random() * 100)
  }
}

/**
 * Each contender listens on a socket file of its own, shows it, and only then looks for others: of any two, the later
 * one sees the earlier and gives way. A socket that refuses is a dead process's for good, since sockets listen before
 * they are shown and names never come twice; so anybody may remove it.
 */
async function claimSocket(dataDir: string): Promise<DataDirLock | undefined> {
  if (await isAnotherAlive(dataDir)) return undefined
  const name = `lock-${randomBytes(6).toString('hex')}`
  const pending = shortPath(dataDir, `${name}.new`)
  const shown = shortPath(dataDir, `${name}.sock`)
  const server = await listen(pending)
  const release = async () => {
    await rm(shown, { force: true })
    await close(server)
  }
  try {
    await rename(pending, shown)
    if (await isAnotherAlive(dataDir, `${name}.sock`)) {
      await release()
      return undefined
    }
  } catch (error) {
    await release()
    // Whoever holds the lock by now has swept up.
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  await sweep(dataDir)
  return { release }
}

async function isAnotherAlive(dataDir: string, own?: string): Promise<boolean> {
  for (const name of await readSockets(dataDir, PATTERN)) {
    if (name === own) continue
    const path = shortPath(dataDir, name)
    if (await isAlive(path)) return true
    await rm(path, { force: true })
  }
  return false
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

/** Only sockets are ever removed: a file of such a name is somebody's. */
async function readSockets(dataDir: string, pattern: RegExp): Promise<string[]> {
  const entries = await readdir(dataDir, { withFileTypes: true })
  return entries.filter((entry) => entry.isSocket() && pattern.test(entry.name)).map(({ name }) => name)
}

async function sweep(dataDir: string): Promise<void> {
  for (const name of await readSockets(dataDir, PENDING)) await rm(shortPath(dataDir, name), { force: true })
}

async function claimPipe(dataDir: string): Promise<DataDirLock | undefined> {
  const hash = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
  try {
    const server = await listen(`\\\\.\\pipe\\achilles-embedded-core-${hash}`)
    return { release: () => close(server) }
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') return undefined
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
const shortPath = (dataDir: string, name: string) => join(relative(process.cwd(), dataDir), name)

const codeOf = (error: unknown) => (error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined)
