import { setTimeout as delay } from 'node:timers/promises'
import { createGatewayClient, type Ledger } from '@achilles/mcp-client'
import { openDatabase } from '../../../embedded-core/src/open-database.ts'
import { sessionSnapshots } from '../../../embedded-core/src/schema.ts'
import { KillableGateway } from '../chaos/killable-gateway.ts'
import { countStoredEvents, type StoredEvents } from '../chaos/stored-events.ts'
import { freePort } from '../support/free-port.ts'
import { KEYS } from '../support/keys-file.ts'
import { startNginxProxy } from '../support/nginx-proxy.ts'
import { makePlainCalls, newTally, type Tally } from './plain-calls.ts'
import { recordEvents } from './record-events.ts'
import type { SharedServices } from './shared-services.ts'

export const CALLERS = 4
const RECORDERS = 6
const POLL_MS = 100

export interface LoadFigures {
  tally: Tally
  /** The outcome of each session's events. */
  ledgers: Ledger[]
  /** The number of recorded events, compared with the database. */
  recorded: number
  events: StoredEvents
  snapshots: Set<string>
}

/**
 * Sessions record events and others make plain calls, through nginx and three gateways, for `loadMs` milliseconds.
 * Half-way one gateway is killed and restarted, while another drains and is not restarted.
 * @throws Error if a gateway ends on its own, or if the draining one does not exit with 0.
 */
export async function runLoad(services: SharedServices, loadMs: number): Promise<LoadFigures> {
  const halt = new AbortController()
  const startGateway = async () => {
    const port = await freePort()
    const gateway = new KillableGateway({
      port,
      dataDir: '',
      settings: { ...services.settings, RATE_LIMIT_PER_MINUTE: '1000000000' },
      signal: halt.signal,
      onFault: (fault) => halt.abort(fault),
    })
    gateway.start()
    return gateway
  }
  const [first, second, third] = [await startGateway(), await startGateway(), await startGateway()]
  const proxy = await startNginxProxy([first.url, second.url, third.url])
  const over = new AbortController()
  const until = AbortSignal.any([over.signal, halt.signal])
  try {
    for (const { url } of [first, second, third]) await ready(url, halt.signal)
    const gateway = createGatewayClient({ url: proxy.url, apiKey: KEYS.everything })
    const recorded = new Set<string>()
    const tally = newTally()
    let number = 0
    const options = { nextNumber: () => number++, onRecorded: (id: string) => recorded.add(id), until }
    const recording = Promise.all(
      Array.from({ length: RECORDERS }, (_, index) => recordEvents(gateway, { name: `user-${index}`, ...options })),
    )
    const calling = Promise.all(
      Array.from({ length: CALLERS }, () => makePlainCalls({ url: proxy.url, apiKey: KEYS.everything }, tally, until)),
    )
    await delay(loadMs / 2, undefined, { signal: halt.signal })
    await Promise.all([first.kill(), second.stop()])
    first.start()
    await delay(loadMs / 2, undefined, { signal: halt.signal })
    over.abort()
    const [ledgers] = await Promise.all([recording, calling])
    halt.signal.throwIfAborted()
    return { tally, ledgers, recorded: recorded.size, ...(await lookInto(services.databaseUrl, recorded)) }
  } finally {
    halt.abort(new Error('the run is over'))
    await Promise.all([first, second, third].map((gateway) => gateway.discard()))
    await proxy.stop()
  }
}

async function ready(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/readyz`, { signal }).catch(() => undefined)
    if (answer?.ok) return
    await delay(POLL_MS, undefined, { signal })
  }
}

async function lookInto(databaseUrl: string, recorded: ReadonlySet<string>) {
  const database = await openDatabase({ dataDir: '', databaseUrl })
  try {
    const events = await countStoredEvents(database, recorded)
    const kept = await database.db.select({ id: sessionSnapshots.snapshot_id }).from(sessionSnapshots)
    return { events, snapshots: new Set(kept.map(({ id }) => id)) }
  } finally {
    await database.close()
  }
}
