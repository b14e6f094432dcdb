import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { createEmbeddedCoreApp } from './app.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { openDatabase } from './open-database.ts'
import { createStore } from './store/store.ts'

const DRAIN_MS = 2_000
// Longer than a client keeps an idle connection, so that none is closed just as it is used again.
const KEEP_ALIVE_MS = 65_000

/** How to serve; `log` takes one line at a time. */
export interface ServeOptions {
  dataDir: string
  databaseUrl: string | undefined
  /** How long to wait for another process that holds the data directory. @default 10_000 */
  lockWaitMs?: number | undefined
  apiKey: string
  log: (line: string) => void
}

/** An embedded Core that listens on 127.0.0.1. */
export interface Served {
  port: number
  /** Takes no more requests, lets those in flight finish for up to two seconds, closes the database. */
  close(): Promise<void>
}

/**
 * Opens the database, alone on its data directory, and serves it on a free loopback port.
 * @throws Error with a sentence for a person when either is not to be had.
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const lock = options.databaseUrl ? undefined : await holdDataDir(options)
  const { db, close } = await openDatabase(options)
  const app = createEmbeddedCoreApp(createStore(db), options)
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, getRequestListener(app.fetch))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      await drain(server)
      await close()
      await lock?.release()
    },
  }
}

async function holdDataDir({ dataDir, lockWaitMs }: ServeOptions) {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    // Keeps the path of the lock's socket short.
    process.chdir(dataDir)
  } catch (cause) {
    throw new Error(`cannot use the data directory ${dataDir}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
  return lockDataDir(dataDir, lockWaitMs)
}

async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await closed
  clearTimeout(timer)
}
