import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { createEmbeddedCoreApp } from './app.ts'
import { type DataDirLock, type Holder, lockDataDir } from './data-dir-lock.ts'
import type { Leases } from './leases.ts'
import { openDatabase } from './open-database.ts'

// Longer than clients keep an idle connection, so that no connection is closed just as it is reused.
const KEEP_ALIVE_MS = 65_000
const PEER_TIMEOUT_MS = 120_000
const IDLE_SWEEP_MS = 50

/** `log` receives one line at a time; port 0 picks a free port. */
export interface ServeOptions {
  host: string
  port: number
  dataDir: string
  databaseUrl: string | undefined
  /** Named in the error of another process that needs the data directory. @default this process */
  holder?: Holder | undefined
  /** Milliseconds to wait for a running process that holds the data directory. @default 500 */
  lockWaitMs?: number | undefined
  apiKey: string
  /** Other processes may find and use this Core through its data directory. @default they may not */
  leases?: Leases | undefined
  /** Creates the graceful shutdown; called once, before listening. @default closes idle connections at once */
  prepareDrain?: ((server: Server) => Drain) | undefined
  log: (line: string) => void
}

/** Shuts a server down; resolves to false if requests were aborted after `graceMs` milliseconds. */
type Drain = (graceMs: number) => Promise<boolean>

export interface Served {
  url: string
  /** Finishes in-flight requests and closes the database. False if requests were aborted after `graceMs`. */
  close(graceMs: number): Promise<boolean>
}

/**
 * Locks the data directory, opens the database and serves it; until then, requests receive a 503.
 * @throws Error for the user; an AggregateError if neither the port nor the directory is free.
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS })
  server.setTimeout(PEER_TIMEOUT_MS)
  const drain = (options.prepareDrain ?? closeWhenIdle)(server)
  server.on('request', rejectWhileStarting)
  // First, so that a second start with the same settings fails without creating or waiting for anything.
  const lock = await reserve(server, options)
  try {
    const database = await openDatabase(options)
    const app = createEmbeddedCoreApp(database, options)
    server.off('request', rejectWhileStarting).on('request', getRequestListener(app.fetch))
    const url = getUrl(server)
    if (options.leases) await lock?.announce({ core: { url, apiKey: options.apiKey } })
    return {
      url,
      async close(graceMs) {
        void lock?.announce({ isEnding: true })
        const isComplete = await drain(graceMs)
        try {
          await database.close()
        } finally {
          await lock?.release()
        }
        return isComplete
      },
    }
  } catch (error) {
    server.close()
    await lock?.release()
    throw error
  }
}

const closeWhenIdle = (server: Server): Drain =>
  async function drain(graceMs) {
    let isComplete = true
    const grace = setTimeout(() => {
      isComplete = false
      server.closeAllConnections()
    }, graceMs)
    // Otherwise a connection that becomes idle would stay open for KEEP_ALIVE_MS.
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS)
    await new Promise((resolve) => server.close(resolve))
    clearInterval(sweep)
    clearTimeout(grace)
    return isComplete
  }

function getUrl(server: Server): string {
  const { address, port } = server.address() as AddressInfo
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}

async function reserve(server: Server, options: ServeOptions): Promise<DataDirLock | undefined> {
  server.listen(options.port, options.host)
  const [listening, lock] = await Promise.allSettled([
    once(server, 'listening'),
    options.databaseUrl ? undefined : lockOwnDataDir(options),
  ])
  if (listening.status === 'fulfilled' && lock.status === 'fulfilled') return lock.value
  server.close()
  if (lock.status === 'fulfilled') await lock.value?.release()
  const errors = [lock, listening].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  throw errors.length > 1 ? new AggregateError(errors) : errors[0]
}

const rejectWhileStarting: RequestListener = (_request, response) => {
  response
    .writeHead(503, { 'content-type': 'application/json', 'retry-after': '1', connection: 'close' })
    .end('{"detail":"Core is starting."}')
}

async function lockOwnDataDir({ dataDir, holder, lockWaitMs, leases }: ServeOptions) {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    // Keeps the path of the lock's socket short.
    process.chdir(dataDir)
  } catch (cause) {
    throw new Error(`cannot use the data directory ${dataDir}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
  const shared = leases && { onConnection: leases.accept }
  return lockDataDir(dataDir, { holder, waitMs: lockWaitMs, ...shared })
}
