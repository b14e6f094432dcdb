import cluster, { type Worker } from 'node:cluster'
import { setTimeout as pause } from 'node:timers/promises'
import { AggregatorRegistry } from 'prom-client'
import { RateLimiterClusterMaster } from 'rate-limiter-flexible'
import type { Config } from '../config.ts'
import type { Log } from '../telemetry/log.ts'
import type { ToPrimary, ToWorker } from './messages.ts'

/** Worker processes that serve on one port. */
export interface WorkerPool {
  url: string
  /** The metrics of all workers together, as Prometheus' text. */
  metrics(): Promise<string>
  /** Lets every worker finish what is in flight: true, or false where one had to cut requests off. */
  close(graceMs: number): Promise<boolean>
}

/** How soon a worker that ended is replaced: longer each time, until one has lived for a while. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000
const LIVED_MS = 10_000

/** What a worker may take beyond the grace that it gives requests. */
const OVERTIME_MS = 5_000

/**
 * Starts `count` workers, and one anew for each that ends on its own.
 * @throws Error with the reason of a worker that could not start
 */
export async function startWorkerPool(
  { workers: count }: Pick<Config, 'workers'>,
  core: NonNullable<Config['core']>,
  log: Log,
): Promise<WorkerPool> {
  // Counts the calls of every worker's callers, where no Redis does.
  new RateLimiterClusterMaster()
  const aggregated = new AggregatorRegistry()
  let stopping = false
  let pauseMs = FIRST_PAUSE_MS

  async function replaceWhenGone({ worker, exited }: StartedWorker): Promise<void> {
    const startedAt = performance.now()
    const [code, signal] = await exited
    if (stopping) return
    log.error({ worker: worker.id, pid: worker.process.pid, code, signal }, 'A worker ended on its own')
    pauseMs = performance.now() - startedAt > LIVED_MS ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    await pause(pauseMs)
    if (stopping) return
    const next = startWorker(core)
    void replaceWhenGone(next)
    await next.listening.then(
      () => log.info({ worker: next.worker.id }, 'A worker took its place'),
      (error: Error) => log.error({ worker: next.worker.id, reason: error.message }, 'A worker could not start'),
    )
  }

  const started = Array.from({ length: count }, () => startWorker(core))
  try {
    const [url = ''] = await Promise.all(started.map(({ listening }) => listening))
    for (const one of started) void replaceWhenGone(one)
    return {
      url,
      metrics: () => aggregated.clusterMetrics(),
      async close(graceMs) {
        stopping = true
        const ended = await Promise.all(running().map((worker) => stop(worker, graceMs + OVERTIME_MS)))
        return ended.every(([code]) => code === 0)
      },
    }
  } catch (error) {
    for (const worker of running()) worker.process.kill('SIGKILL')
    throw error
  }
}

interface StartedWorker {
  worker: Worker
  exited: Promise<Exit>
  /** Resolves with its address, or rejects with the reason why it could not start. */
  listening: Promise<string>
}

type Exit = [code: number | null, signal: NodeJS.Signals | null]

const running = (): Worker[] => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)

function startWorker(core: NonNullable<Config['core']>): StartedWorker {
  const worker = cluster.fork()
  const exited = exitOf(worker)
  // A message to one that is gone is lost, and its exit is noticed anyway.
  worker.on('error', () => {})
  const listening = new Promise<string>((resolve, reject) => {
    worker.on('message', (message: ToPrimary) => {
      if (message.kind === 'ready') tell(worker, { kind: 'start', core })
      if (message.kind === 'listening') resolve(message.url)
      if (message.kind === 'failed') reject(new Error(message.reason))
    })
    exited.then(([code, signal]) => reject(new Error(`a worker ended before it listened (${signal ?? code})`)))
  })
  return { worker, exited, listening }
}

async function stop(worker: Worker, afterMs: number): Promise<Exit> {
  const exited = exitOf(worker)
  tell(worker, { kind: 'stop' })
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), afterMs)
  const exit = await exited
  clearTimeout(timer)
  return exit
}

const exitOf = (worker: Worker) =>
  new Promise<Exit>((resolve) =>
    worker.once('exit', (code, signal) => resolve([code, signal as NodeJS.Signals | null])),
  )

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {})
}
