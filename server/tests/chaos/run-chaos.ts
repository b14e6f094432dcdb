import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockDataDir } from '../../src/embedded-core/data-dir-lock.ts'
import type { OpenDatabase } from '../../src/embedded-core/database.ts'
import { openDatabase } from '../../src/embedded-core/open-database.ts'
import { seedDataDir } from '../../src/embedded-core/testing/seed-data-dir.ts'
import { freePort } from './free-port.ts'
import { killRepeatedly } from './kill-repeatedly.ts'
import { KillableGateway } from './killable-gateway.ts'
import { Ledger } from './ledger.ts'
import { openWork, runClient } from './run-client.ts'
import { seededRandom } from './seeded-random.ts'
import { nativeSender, restSender } from './senders.ts'
import { countStoredEvents, type StoredEvents } from './stored-events.ts'

const CLIENTS = 8

export interface ChaosOptions {
  events: number
  kills: number
  /** Decides when kills fall and what is sent again; what the machine does in between differs from run to run. */
  seed: number
  timeoutMs: number
  print: (line: string) => void
  /** Ends the run early; nothing that it started is left. */
  signal?: AbortSignal
}

/** What came of a run; numbers of events where not said otherwise. */
export interface ChaosFigures extends StoredEvents {
  /** Kills of a process. */
  kills: number
  acknowledged: number
  /** Sent again after a failure or on purpose. */
  resent: number
  acceptedTwice: number
  seconds: number
}

/**
 * Clients send events through a gateway that is killed again and again, until every event is acknowledged; then the
 * database is held against what they were told.
 * @throws Error when the time is up, the gateway ends on its own, or it refuses a batch for good.
 */
export async function runChaos({ events, kills, seed, timeoutMs, print, signal }: ChaosOptions): Promise<ChaosFigures> {
  const startedAt = performance.now()
  const halt = new AbortController()
  const haltWith = () => halt.abort(signal?.reason)
  signal?.addEventListener('abort', haltWith, { once: true })
  const timer = setTimeout(() => halt.abort(new Error(`not done within ${timeoutMs / 1000} s`)), timeoutMs)

  const port = await freePort()
  const dataDir = await realpath(await mkdtemp(join(tmpdir(), 'achilles-chaos-')))
  await seedDataDir(dataDir)
  const gateway = new KillableGateway({ port, dataDir, signal: halt.signal, onFault: (fault) => halt.abort(fault) })
  const ledger = new Ledger()
  const work = openWork(events)
  const client = (index: number) =>
    runClient({
      name: `client-${index}`,
      sender: (index % 2 === 0 ? nativeSender : restSender)(gateway.url, halt.signal),
      work,
      ledger,
      random: seededRandom(seed + 1 + index),
      signal: halt.signal,
    })
  print(`seed: ${seed}`)
  try {
    gateway.start()
    const killing = killRepeatedly({
      gateway,
      ledger,
      events,
      kills,
      random: seededRandom(seed),
      signal: halt.signal,
      print,
    })
    await allOrHalt(halt, [killing, ...Array.from({ length: CLIENTS }, (_, index) => client(index))])
    // Finds no work left; once it is through, the gateway is up, whenever the last kill was.
    await allOrHalt(halt, [client(CLIENTS)])
    await gateway.stop()
    const figures = {
      kills: await killing,
      acknowledged: ledger.acknowledged.size,
      resent: ledger.resent,
      ...(await lookInto(dataDir, (database) => countStoredEvents(database, ledger.acknowledged))),
      acceptedTwice: ledger.acceptedTwice,
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    }
    halt.signal.throwIfAborted()
    return figures
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', haltWith)
    await gateway.discard()
    // The Core of a gateway killed before closes its database first. Where it does not, the error under way tells more.
    await lockDataDir(dataDir, { waitMs: 10_000 }).catch(() => {})
    await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

/** Opens a data directory that no Core uses any more, once every process that did is gone. */
async function lookInto<Seen>(dataDir: string, look: (database: OpenDatabase) => Promise<Seen>): Promise<Seen> {
  const lock = await lockDataDir(dataDir, { waitMs: 60_000 })
  const database = await openDatabase({ dataDir })
  try {
    return await look(database)
  } finally {
    await database.close()
    await lock.release()
  }
}

/** Waits for all; the first that fails halts the others, and its error is the one thrown. */
async function allOrHalt(halt: AbortController, tasks: Promise<unknown>[]): Promise<void> {
  for (const task of tasks) task.catch((error) => halt.abort(error))
  await Promise.allSettled(tasks)
  halt.signal.throwIfAborted()
}
