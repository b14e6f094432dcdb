import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { prepareDrain } from '../listener/drain.ts'
import { urlOf } from '../url-of.ts'
import { createEmbeddedCoreApp } from './app.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { openDatabase } from './open-database.ts'

// Longer than a client keeps an idle connection, so that none is closed just as it is used again.
const KEEP_ALIVE_MS = 65_000

/** How to serve; `log` takes one line at a time. Port 0 picks a free one. */
export interface ServeOptions {
  host: string
  port: number
  dataDir: string
  databaseUrl: string | undefined
  /** How long to wait for another process that holds the data directory. @default 10_000 */
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
  /**
   * Takes no more connections, lets what is in flight finish, closes the database: true, or false where after `graceMs`
   * milliseconds requests had to be cut off.
   */
  close(graceMs: number): Promise<boolean>
}

/**
 * Opens the database, alone on its data directory, and serves it.
 * @throws Error with a sentence for a person when the database is not to be had, or the listening error.
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const lock = options.databaseUrl ? undefined : await holdDataDir(options)
  const database = await openDatabase(options).catch(async (error: unknown) => {
    await lock?.release()
    throw error
  })
  const release = async () => {
    try {
      await database.close()
    } finally {
      await lock?.release()
    }
  }
  const app = createEmbeddedCoreApp(database, options)
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS })
  const drain = prepareDrain(server, options.lingerMs)
  server.on('request', getRequestListener(app.fetch))
  try {
    server.listen(options.port, options.host)
    await once(server, 'listening')
  } catch (error) {
    await release()
    throw error
  }
  return {
    url: urlOf(server),
    async close(graceMs) {
      const answered = await drain(graceMs)
      await release()
      return answered
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
