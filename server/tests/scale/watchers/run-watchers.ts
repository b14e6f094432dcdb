import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startWatchedGateway, type WatchedGateway } from '../../soak/watched-gateway.ts'
import { freePort } from '../../support/free-port.ts'
import { type InsightCore, startInsightCore } from '../../support/insight-core.ts'
import { startNginxProxy } from '../../support/nginx-proxy.ts'
import { type OpenWatcher, watchByClient, watchByEventSource } from './open-watcher.ts'

export interface WatchersOptions {
  watchers: number
  sessions: number
  /** How long the streams are idle before their cost is measured, and meanwhile, in milliseconds. */
  settleMs: number
  idleMs: number
  /** How long insights are created before, between and after the two kills, in milliseconds. */
  phaseMs: number
  onProgress(line: string): void
}

export interface WatchersFigures {
  /** Watchers that did not get each insight of their session once, in order. */
  wrong: { sessionId: string; expected: number; got: string[] }[]
  insights: number
  delivered: number
  /** Of one idle watcher, with its part of the poll: microseconds of CPU time in a second, and bytes. */
  idle: { cpuMicroseconds: number; heapBytes: number; rssBytes: number }
  /** Queries of Core in a second while idle. */
  pollsPerSecond: number
}

/** Fewer than a principal's 32 streams. */
const WATCHERS_PER_PRINCIPAL = 25
const UNREACHABLE = 'http://127.0.0.1:1'
const INSIGHT_MS = 20
const UNTIL_DELIVERED_MS = 120_000

/**
 * Watches sessions through nginx and two gateways, which are killed one after the other and replaced, while Core creates
 * insights. Half of the watchers use REST, the others the client.
 */
export async function runWatchers(options: WatchersOptions): Promise<WatchersFigures> {
  const { watchers: count, sessions, phaseMs, onProgress } = options
  const core = await startInsightCore()
  const keys = await writeKeys(Math.ceil(count / WATCHERS_PER_PRINCIPAL))
  const ports = [await freePort(), await freePort()]
  const start = (port: number | undefined) =>
    startWatchedGateway({
      ACHILLES_BASE_URL: core.url,
      ACHILLES_API_KEY: 'k',
      PORT: String(port),
      GATEWAY_API_KEYS_FILE: keys.path,
      RATE_LIMIT_PER_MINUTE: '0',
    })
  const gateways = [await start(ports[0]), await start(ports[1])]
  const proxy = await startNginxProxy([gateways[0]?.url ?? '', gateways[1]?.url ?? '', UNREACHABLE])
  const watchers: OpenWatcher[] = []
  try {
    const before = await Promise.all(gateways.map((gateway) => gateway.sample()))
    for (let index = 0; index < count; index++) {
      const session = index % sessions
      // The watchers of a session belong to one principal and share a poll.
      const apiKey = keys.values[Math.floor(session / (sessions / keys.values.length))] ?? ''
      const watch = index % 2 === 0 ? watchByEventSource : watchByClient
      watchers.push(watch({ url: proxy.url, apiKey, sessionId: `s${session}` }))
    }
    const ids = Array.from({ length: sessions }, (_, session) => core.create(`s${session}`)).flat()
    await untilDelivered(watchers, core)
    onProgress(`${count} watchers of ${sessions} sessions are connected`)
    const idle = await measureIdle(gateways, before, core, options)

    const over = new AbortController()
    const creating = createInsights(core, sessions, over.signal)
    for (const index of [0, 1]) {
      await delay(phaseMs)
      gateways[index]?.process.kill('SIGKILL')
      await gateways[index]?.ended
      onProgress(`gateway ${index + 1} was killed`)
      gateways[index] = await start(ports[index])
    }
    await delay(phaseMs)
    over.abort()
    const created = ids.length + (await creating)
    await untilDelivered(watchers, core)
    // Longer than the polls' interval and the clients' time to reconnect: what is sent twice has arrived by then.
    await delay(8_000)
    const wrong = watchers.filter((watcher) => !isComplete(watcher, core))
    return {
      wrong: wrong.map(({ sessionId, ids }) => ({ sessionId, expected: core.count(sessionId), got: ids })),
      insights: created,
      delivered: watchers.reduce((sum, { ids }) => sum + ids.length, 0),
      ...idle,
    }
  } finally {
    for (const watcher of watchers) watcher.close()
    for (const gateway of gateways) gateway.process.kill('SIGKILL')
    await proxy.stop()
    await core.close()
    await keys.remove()
  }
}

async function writeKeys(count: number) {
  const folder = await mkdtemp(join(tmpdir(), 'achilles-keys-'))
  const path = join(folder, 'keys.json')
  const values = Array.from({ length: count }, (_, index) => `ach_watcher_${index}`)
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
  const entries = values.map((key, index) => ({ name: `watcher-${index}`, sha256: sha256(key) }))
  await writeFile(path, JSON.stringify(entries), { mode: 0o600 })
  return { path, values, remove: () => rm(folder, { recursive: true, force: true }) }
}

const isComplete = ({ sessionId, ids }: OpenWatcher, core: InsightCore) =>
  ids.length === core.count(sessionId) && ids.every((id, index) => id === `${sessionId}-${index}`)

/** Returns after a limit too: the figures then show what is missing. */
async function untilDelivered(watchers: readonly OpenWatcher[], core: InsightCore): Promise<void> {
  const givenUpAt = performance.now() + UNTIL_DELIVERED_MS
  const isMissing = ({ sessionId, ids }: OpenWatcher) => ids.length < core.count(sessionId)
  while (watchers.some(isMissing) && performance.now() < givenUpAt) await delay(100)
}

async function measureIdle(
  gateways: readonly WatchedGateway[],
  before: Awaited<ReturnType<WatchedGateway['sample']>>[],
  core: InsightCore,
  { watchers, settleMs, idleMs }: WatchersOptions,
): Promise<Pick<WatchersFigures, 'idle' | 'pollsPerSecond'>> {
  await delay(settleMs)
  const first = await Promise.all(gateways.map((gateway) => gateway.sample()))
  const [startedAt, polls] = [performance.now(), core.queries.length]
  await delay(idleMs)
  const seconds = (performance.now() - startedAt) / 1000
  const pollsPerSecond = (core.queries.length - polls) / seconds
  const second = await Promise.all(gateways.map((gateway) => gateway.sample()))
  const sum = (read: (index: number) => number) => gateways.reduce((total, _, index) => total + read(index), 0)
  const grown = (key: 'heapBytes' | 'rssBytes') =>
    sum((index) => (second[index]?.[key] ?? 0) - (before[index]?.[key] ?? 0))
  const cpu = sum((index) => (second[index]?.cpu.before ?? 0) - (first[index]?.cpu.after ?? 0))
  return {
    pollsPerSecond,
    idle: {
      cpuMicroseconds: cpu / seconds / watchers,
      heapBytes: grown('heapBytes') / watchers,
      rssBytes: grown('rssBytes') / watchers,
    },
  }
}

/** Returns how many. */
async function createInsights(core: InsightCore, sessions: number, signal: AbortSignal): Promise<number> {
  let created = 0
  while (!signal.aborted) {
    core.create(`s${Math.floor(Math.random() * sessions)}`)
    created++
    await delay(INSIGHT_MS)
  }
  return created
}
