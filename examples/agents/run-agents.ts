import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockDataDir } from '../../embedded-core/src/data-dir-lock.ts'
import { seedDataDir } from '../../embedded-core/src/testing/seed-data-dir.ts'
import { KillableGateway } from '../../server/tests/chaos/killable-gateway.ts'
import { freePort } from '../../server/tests/support/free-port.ts'
import { findSource } from '../../sources/src/index.ts'
import { buildAchilles } from './achilles.ts'
import { countGivenUp, countStoredIn, multiply, subtract, sumExcess, sumUp } from './count-events.ts'
import { measureHooks, measureNode } from './measure-hooks.ts'
import type { Channel, EventCounts, RealAgent } from './real-agent.ts'
import { type CellRun, runCell } from './run-cell.ts'

const CHANNELS: readonly Channel[] = ['hook', 'OTLP', 'both']

export interface AgentsOptions {
  agents: readonly RealAgent[]
  /** For each agent and channel, at least. */
  sessions: number
  kills: number
  print: (line: string) => void
}

interface Cell extends CellRun {
  agent: RealAgent
  channel: Channel
  workspace: string
}

/** Runs each agent on each channel, prints what Core has stored of it, and returns the sums of what is wrong. */
export async function runAgents({
  agents,
  sessions,
  kills,
  print,
}: AgentsOptions): Promise<{ doubled: number; lost: number }> {
  await buildAchilles()
  const halt = new AbortController()
  const dataDir = await realpath(await mkdtemp(join(tmpdir(), 'achilles-agents-')))
  await seedDataDir(dataDir)
  const port = await freePort()
  const gateway = new KillableGateway({ port, dataDir, signal: halt.signal, onFault: (fault) => halt.abort(fault) })
  const cells: Cell[] = []
  try {
    gateway.start()
    for (const agent of agents) {
      for (const channel of CHANNELS) {
        const workspace = `${agent.name}-${channel}`
        const run = await runCell({ agent, channel, sessions, kills, gateway, dataDir, workspace, signal: halt.signal })
        cells.push({ ...run, agent, channel, workspace })
        print(`${agent.name} by ${channel}: ${run.sessions} sessions, ${run.kills} kills`)
      }
    }
    await gateway.stop()
    const stored = await countStoredIn(dataDir)
    print('')
    const result = printTable(cells, stored, print)
    print('')
    for (const agent of agents) {
      const { connected, empty } = await measureHooks(agent, gateway.url)
      print(
        `${agent.name} without a gateway: ${connected.toFixed(0)} ms longer per hook, ${empty.toFixed(0)} ms with hooks that do nothing`,
      )
    }
    print(`node -e 0: ${measureNode().toFixed(0)} ms`)
    return result
  } finally {
    await gateway.discard()
    await lockDataDir(dataDir, { waitMs: 30_000 }).catch(() => {})
    await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

function printTable(cells: readonly Cell[], stored: ReadonlyMap<string, EventCounts>, print: (line: string) => void) {
  const sums = { doubled: 0, lost: 0 }
  const columns = ['agent', 'channel', 'expected', 'stored', 'doubled', 'given up by the exporter', 'lost']
  print(`| ${columns.join(' | ')} |`)
  print(`| ${columns.map(() => '---').join(' | ')} |`)
  for (const { agent, channel, workspace, sessions, sent } of cells) {
    const expected = multiply(agent.expected[channel], sessions)
    const found = stored.get(workspace) ?? {}
    const source = findSource(agent.name)
    const givenUp = source ? countGivenUp(source, sent, channel === 'both') : {}
    const doubled = sumExcess(found, expected)
    const lost = sumExcess(subtract(expected, givenUp), found)
    sums.doubled += doubled
    sums.lost += lost
    const row = [agent.name, channel, sumUp(expected), sumUp(found), doubled, sumUp(givenUp), lost]
    print(`| ${row.join(' | ')} |`)
    if (doubled + lost > 0) print(`  expected ${JSON.stringify(expected)}, stored ${JSON.stringify(found)}`)
  }
  return sums
}
