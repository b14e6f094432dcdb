import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type EmbeddedCore, startEmbeddedCore } from '../../embedded-core/src/embedded-core.ts'
import { openDatabase } from '../../embedded-core/src/open-database.ts'
import { events } from '../../embedded-core/src/schema.ts'
import { seedDataDir } from '../../embedded-core/src/testing/seed-data-dir.ts'

/** An embedded Core behind a relay that can be cut. */
export interface InterruptibleCore {
  url: string
  apiKey: string
  /** Path and headers of every request so far. */
  seen: { url: string; headers: IncomingHttpHeaders }[]
  /** Whether requests reach Core; where they do not, the connection is reset. */
  reachable: boolean
  /** The id of every event that Core’s database holds, read once Core has ended. */
  storedEventIds(): Promise<string[]>
  stop(): Promise<void>
}

export async function startInterruptibleCore(dataDir: string): Promise<InterruptibleCore> {
  await seedDataDir(dataDir)
  const core: EmbeddedCore = await startEmbeddedCore({ dataDir, log: () => {}, execArgv: ['--import', 'tsx'] })
  const relay = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming
    state.seen.push({ url, headers })
    if (!state.reachable) {
      incoming.socket.resetAndDestroy()
      return
    }
    const onward = request(core.url + url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.once('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const state: InterruptibleCore = {
    url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    apiKey: core.apiKey,
    seen: [],
    reachable: true,
    async storedEventIds() {
      await core.stop()
      const database = await openDatabase({ dataDir })
      const rows = await database.db.select({ event_id: events.event_id }).from(events)
      await database.close()
      return rows.map(({ event_id }) => event_id)
    },
    async stop() {
      relay.closeAllConnections()
      await new Promise((resolve) => relay.close(resolve))
      await core.stop()
    },
  }
  return state
}
