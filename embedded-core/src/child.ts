import { DATA_DIR_IN_USE, isDataDirInUse } from './data-dir-lock.ts'
import type { ToChild, ToParent } from './embedded-core.ts'
import { type Served, serve } from './serve.ts'

const DRAIN_MS = 2_000
/** A database that hangs must not keep the data directory locked. */
const STOP_MS = 10_000

// Ctrl-C reaches the whole process group; this process ends only when its parent asks it to.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// If the parent is dead, writing fails; that must not prevent the database from closing.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

let served: Served | undefined
let isStopping = false

process.on('disconnect', stop)
process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') stop()
  else if (message.kind === 'ending') served?.announceClose()
  else void start(message)
})
if (!process.connected) stop()

async function start(options: Extract<ToChild, { kind: 'start' }>): Promise<void> {
  try {
    const log = (line: string) => process.stderr.write(`${line}\n`)
    served = await serve({ ...options, host: '127.0.0.1', port: 0, log })
    send({ kind: 'ready', url: served.url })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    send({ kind: 'failed', message, ...(isDataDirInUse(error) && { code: DATA_DIR_IN_USE }) }, () => process.exit(1))
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

function send(message: ToParent, sent = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, sent)
  else sent()
}
