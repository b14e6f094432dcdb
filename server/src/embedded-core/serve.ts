import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { prepareDrain } from '../listener/drain.ts'
import { urlOf } from '../url-of.ts'
import { createEmbeddedCoreApp } from './app.ts'
import { type DataDirLock, type Holder, lockDataDir } from './data-dir-lock.ts'
import { openDatabase } from './open-database.ts'

// Longer than a client keeps an idle connection, so that none is closed just as it is used again.
const KEEP_ALIVE_MS = 65_000
/** A peer that neither sends nor reads for so long is disconnected. */
const PEER_TIMEOUT_MS = 120_000

/** How to serve; `log` takes one line at a time. Port 0 picks a free one. */
export interface ServeOptions {
  host: string
  port: number
  dataDir: string
  databaseUrl: string | undefined
  /** What others learn who want the data directory too. @default this process */
  holder?: Holder | undefined
  /** How long to wait for another process that holds the data directory and goes on. @default 500 */
  lockWaitMs?: number | undefined
  apiKey: string
  /** How long a stop leaves idle connections open, so that who is about to use one is told to close it. */
  lingerMs: number
  log: (line: string) => void
}

/** An embedded Core that listens. */
export interface Served {
  /** Where it is reached, e.g. `http://127.0.0.1:8090`. */
  url: string
  /** Lets who waits for the data directory know that `close` comes soon. */
  announceClose(): void
  /**
   * Takes no more connections, lets what is in flight finish, closes the database: true, or false where after `graceMs`
   * milliseconds requests had to be cut off.
   */
  close(graceMs: number): Promise<boolean>
}

/**
 * Listens, opens the database, alone on its data directory, and serves it; until then requests are answered with 503.
 * @throws Error with a sentence for a person when the database is not to be had, or the listening error; where neither
 * the port nor the directory is free, an AggregateError of both.
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS })
  server.setTimeout(PEER_TIMEOUT_MS)
  const drain = prepareDrain(server, options.lingerMs)
  server.on('request', refuseWhileStarting)
  // Before anything is made: of two that are started alike neither the database nor the wait is for nothing.
  const lock = await reserve(server, options)
  try {
    const database = await openDatabase(options)
    const app = createEmbeddedCoreApp(database, options)
    server.off('request', refuseWhileStarting).on('request', getRequestListener(app.fetch))
    const announceClose = () => void lock?.announceRelease()
    return {
      url: urlOf(server),
      announceClose,
      async close(graceMs) {
        announceClose()
        const answered = await drain(graceMs)
        try {
          await database.close()
        } finally {
          await lock?.release()
        }
        return answered
      },
    }
  } catch (error) {
    server.close()
    await lock?.release()
    throw error
  }
}

/** Takes the port and the data directory. */
async function reserve(server: Server, options: ServeOptions): Promise<DataDirLock | undefined> {
  server.listen(options.port, options.host)
  const [listening, lock] = await Promise.allSettled([
    once(server, 'listening'),
    options.databaseUrl ? undefined : holdDataDir(options),
  ])
  if (listening.status === 'fulfilled' && lock.status === 'fulfilled') return lock.value
  server.close()
  if (lock.status === 'fulfilled') await lock.value?.release()
  const faults = [lock, listening].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  throw faults.length > 1 ? new AggregateError(faults) : faults[0]
}

const refuseWhileStarting: RequestListener = (_request, response) => {
  response
    .writeHead(503, { 'content-type': 'application/json', 'retry-after': '1', connection: 'close' })
    .end('{"detail":"Core is starting."}')
}

async function holdDataDir({ dataDir, holder, lockWaitMs }: ServeOptions) {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    // Keeps the path of the lock's socket short.
    process.chdir(dataDir)
  } catch (cause) {
    throw new Error(`cannot use the data directory ${dataDir}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
  return lockDataDir(dataDir, { holder, waitMs: lockWaitMs })
}
