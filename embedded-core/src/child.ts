import { randomBytes } from 'node:crypto'
import { DATA_DIR_IN_USE, isDataDirInUse } from './data-dir-lock.ts'
import type { ToChild } from './embedded-core.ts'
import { type FromCore, Leases, type Lessee } from './leases.ts'
import { type Served, serve } from './serve.ts'

const DRAIN_MS = 2_000
/** A database that hangs must not keep the data directory locked. */
const STOP_MS = 10_000
/** For a gateway that was killed and is started again. */
const LINGER_MS = 5_000

// Gateways end it. A signal to a process group or to all processes reaches them too, and they may still need it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// If the parent is dead, writing fails; that must not prevent the database from closing.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

let served: Served | undefined
let isStopping = false

const leases = new Leases({ lingerMs: LINGER_MS, onUnused: stop })
/** The gateway that started this process. */
const parent: Lessee = { send }
leases.add(parent)

process.on('disconnect', () => leases.lose(parent))
process.on('message', (message: ToChild) => {
  if (message.kind === 'leave') leases.leave(parent)
  else void start(message)
})
if (!process.connected) stop()

async function start({ dataDir, databaseUrl, lockWaitMs }: Extract<ToChild, { kind: 'start' }>): Promise<void> {
  const apiKey = randomBytes(32).toString('base64url')
  try {
    served = await serve({
      dataDir,
      databaseUrl,
      lockWaitMs,
      apiKey,
      leases,
      holder: { pid: process.pid, role: 'an embedded Core that gateways share', isShared: true },
      host: '127.0.0.1',
      port: 0,
      log: (line) => leases.log(line),
    })
    leases.announceReady({ url: served.url, apiKey })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const code = isDataDirInUse(error) ? { code: DATA_DIR_IN_USE } : undefined
    send({ kind: 'failed', message, ...code }, () => process.exit(1))
  }
}

/** Abandons an incomplete start, which has nothing to close. */
function stop(): void {
  if (isStopping) return
  isStopping = true
  setTimeout(() => process.exit(1), STOP_MS).unref()
  const closed = Promise.resolve(served?.close(DRAIN_MS))
  closed.then(
    () => process.exit(0),
    () => process.exit(1),
  )
}

function send(message: FromCore, sent = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, sent)
  else sent()
}
