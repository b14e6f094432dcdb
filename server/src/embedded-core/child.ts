import { DATA_DIR_IN_USE, isDataDirInUse } from './data-dir-lock.ts'
import type { ToChild, ToParent } from './messages.ts'
import { type Served, serve } from './serve.ts'

const DRAIN_MS = 2_000
/** What draining and closing the database may take together; a database that hangs must not keep the data directory. */
const END_MS = 10_000

// Ctrl-C reaches the whole process group; the parent says when it is done with this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// A dead parent reads nothing any more; that must not keep the database from closing.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

let served: Served | undefined
let ending = false

process.on('disconnect', end)
process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') end()
  else if (message.kind === 'ending') served?.announceClose()
  else void start(message)
})
if (!process.connected) end()

async function start(options: Extract<ToChild, { kind: 'start' }>): Promise<void> {
  try {
    const log = (line: string) => process.stderr.write(`${line}\n`)
    // Its only caller is the parent, which asks nothing more once it says stop.
    served = await serve({ ...options, host: '127.0.0.1', port: 0, lingerMs: 0, log })
    tell({ kind: 'ready', url: served.url })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    tell({ kind: 'failed', message, ...(isDataDirInUse(error) && { code: DATA_DIR_IN_USE }) }, () => process.exit(1))
  }
}

/** Before anything is served there is nothing to close: every start can be cut short. */
function end(): void {
  if (ending) return
  ending = true
  setTimeout(() => process.exit(1), END_MS).unref()
  const closed = Promise.resolve(served?.close(DRAIN_MS))
  closed.then(
    () => process.exit(0),
    () => process.exit(1),
  )
}

function tell(message: ToParent, sent = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, sent)
  else sent()
}
