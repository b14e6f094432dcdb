import { lockDataDir } from '../../embedded-core/src/data-dir-lock.ts'
import type { OpenDatabase } from '../../embedded-core/src/database.ts'
import { openDatabase } from '../../embedded-core/src/open-database.ts'
import { events, sessions } from '../../embedded-core/src/schema.ts'
import type { AgentEvent, AgentSource } from '../../sources/src/index.ts'
import { readLogs } from '../../sources/tests/read-otlp.ts'
import type { EventCounts } from './real-agent.ts'
import type { SentTelemetry } from './recording-proxy.ts'

/** Counts what Core stored, by workspace, once all processes that used the data directory have exited. */
export async function countStoredIn(dataDir: string): Promise<ReadonlyMap<string, EventCounts>> {
  const lock = await lockDataDir(dataDir, { waitMs: 60_000 })
  const database = await openDatabase({ dataDir })
  try {
    return await countStored(database)
  } finally {
    await database.close()
    await lock.release()
  }
}

async function countStored({ db }: OpenDatabase): Promise<ReadonlyMap<string, EventCounts>> {
  const workspaces = new Map(
    (await db.select().from(sessions)).map(({ session_id, workspace_id }) => [session_id, workspace_id]),
  )
  const stored = new Map<string, Countable[]>()
  for (const event of await db.select().from(events)) {
    const workspace = workspaces.get(event.session_id) ?? ''
    stored.set(workspace, [...(stored.get(workspace) ?? []), event])
  }
  return new Map([...stored].map(([workspace, list]) => [workspace, count(list)]))
}

/** Counts the events in exports that the gateway never accepted: the exporter gave them up. */
export function countGivenUp(source: AgentSource, sent: readonly SentTelemetry[], besideHooks: boolean): EventCounts {
  const logs = sent.filter(({ path }) => path.startsWith('/v1/logs'))
  const read = (isAccepted: boolean) =>
    logs
      .filter((telemetry) => telemetry.isAccepted === isAccepted)
      .flatMap(({ body }) => readLogs(JSON.parse(body.toString('utf8'))))
      .flatMap((record) => source.readLogRecord?.(record)?.events ?? [])
      .map((event) => [event.event_id, event] as const)
  const accepted = new Map(read(true))
  const lost = [...new Map(read(false)).values()].filter(({ event_id }) => !accepted.has(event_id))
  return count(besideHooks ? lost.flatMap((event) => withoutHooks(event, source)) : lost)
}

function withoutHooks(event: AgentEvent, { besideHooks = {} }: AgentSource): Countable[] {
  const fate = besideHooks[event.event_type]
  // What both channels report with one id is stored by way of the hook.
  return fate === 'custom' ? [{ ...event, event_type: fate }] : []
}

interface Countable {
  event_type: string
  payload?: Readonly<Record<string, unknown>> | null | undefined
}

function count(list: readonly Countable[]): EventCounts {
  const counts: Record<string, number> = {}
  for (const { event_type, payload } of list) {
    const kind = event_type === 'custom' ? String(payload?.kind) : event_type
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

/** The sum of what `counts` has more than `others`, kind by kind. */
export function sumExcess(counts: EventCounts, others: EventCounts): number {
  return Object.entries(counts).reduce((sum, [kind, number]) => sum + Math.max(0, number - (others[kind] ?? 0)), 0)
}

export const sumUp = (counts: EventCounts): number => Object.values(counts).reduce((sum, number) => sum + number, 0)

export const multiply = (counts: EventCounts, factor: number): EventCounts =>
  Object.fromEntries(Object.entries(counts).map(([kind, number]) => [kind, number * factor]))

export const subtract = (counts: EventCounts, others: EventCounts): EventCounts =>
  Object.fromEntries(Object.entries(counts).map(([kind, number]) => [kind, number - (others[kind] ?? 0)]))
