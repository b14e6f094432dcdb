import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockDataDir } from '../../../embedded-core/src/data-dir-lock.ts'
import type { OpenDatabase } from '../../../embedded-core/src/database.ts'
import { openDatabase } from '../../../embedded-core/src/open-database.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { freePort } from '../support/free-port.ts'
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
  /** Determines the kills and the resent batches; timing still differs between runs. */
  seed: number
  timeoutMs: number
  print: (line: string) => void
  /** Ends the run early and stops everything that it started. */
  signal?: AbortSignal
}

/** The result of a run: numbers of events unless noted otherwise. */
export interface ChaosFigures extends StoredEvents {
  kills: number
  acknowledged: number
  /** Resent after a failure or on purpose. */
  resent: number
  acceptedTwice: number
  seconds: number
}

/**
 * Clients send events through a gateway that is killed repeatedly, until every event is acknowledged; then the database is
 * compared with the acknowledgements.
 * @throws Error if the time is up, the gateway ends on its own, or it finally rejects a batch.
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
    // Has no work left, but waits until the gateway is up after the last kill.
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
    // The Core of a killed gateway closes its database first. If it fails to, the pending error is more useful.
    await lockDataDir(dataDir, { waitMs: 10_000 }).catch(() => {})
    await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

/** Opens a data directory once all processes that used it have exited. */
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

/** Waits for all; the first failure aborts the others and is thrown. */
async function allOrHalt(halt: AbortController, tasks: Promise<unknown>[]): Promise<void> {
  for (const task of tasks) task.catch((error) => halt.abort(error))
  await Promise.allSettled(tasks)
  halt.signal.throwIfAborted()
}
