import { setTimeout as delay } from 'node:timers/promises'
import type { KillableGateway } from '../../server/tests/chaos/killable-gateway.ts'
import { killCore } from '../../server/tests/support/kill-core.ts'
import { connect, send } from './achilles.ts'
import { createAgentHome } from './agent-home.ts'
import type { Channel, RealAgent } from './real-agent.ts'
import { type SentTelemetry, startRecordingProxy } from './recording-proxy.ts'

const DOWN_MS = 500
const LONGEST_LIFE_MS = 3000
/** Some sessions end before the gateway is up again. */
const MOST_SESSIONS = 40

export interface CellOptions {
  agent: RealAgent
  channel: Channel
  /** How many kills and sessions there must be at least. */
  kills: number
  sessions: number
  gateway: KillableGateway
  dataDir: string
  workspace: string
  signal: AbortSignal
}

/** What a cell of the table has seen beside the database. */
export interface CellRun {
  kills: number
  sessions: number
  sent: readonly SentTelemetry[]
}

/**
 * Runs sessions of an agent one after the other, while gateway and Core are killed in turn; then sends what is pending.
 * @throws Error if too few kills are reached within 40 sessions
 */
export async function runCell(options: CellOptions): Promise<CellRun> {
  const { agent, channel, gateway, workspace } = options
  const proxy = await startRecordingProxy(gateway.url)
  const home = await createAgentHome(agent)
  try {
    const variables = await connect(home.home, { agent: agent.name, channel, gateway: proxy.url, workspace })
    const killer = killInTurn(options)
    let sessions = 0
    try {
      while (sessions < options.sessions || killer.kills < options.kills) {
        if (sessions === MOST_SESSIONS) throw new Error(`only ${killer.kills} kills in ${sessions} sessions`)
        await home.runSession(variables)
        sessions++
      }
    } finally {
      await killer.stop()
    }
    if (channel !== 'OTLP') await send(home.home)
    return { kills: killer.kills, sessions, sent: proxy.sent }
  } finally {
    await proxy.close()
    await home.remove()
  }
}

interface Killer {
  readonly kills: number
  /** Resolves once the gateway is up again. */
  stop(): Promise<void>
}

/** Kills the gateway and its Core in turn, each some time after the gateway responds. */
function killInTurn({ gateway, dataDir, signal }: CellOptions): Killer {
  const ended = new AbortController()
  const either = AbortSignal.any([signal, ended.signal])
  let kills = 0
  const killing = (async () => {
    for (;;) {
      await untilReady(gateway.url, either)
      await delay(LONGEST_LIFE_MS * Math.random(), undefined, { signal: either })
      if (kills % 2 === 0) {
        await gateway.kill()
        // The agent meets a port on which nothing listens.
        await delay(DOWN_MS)
        gateway.start()
      } else {
        await killCore(dataDir, either)
      }
      kills++
    }
  })()
  killing.catch(() => {})
  return {
    get kills() {
      return kills
    },
    async stop() {
      ended.abort()
      await killing.catch((error) => {
        if (error !== ended.signal.reason && error.name !== 'AbortError') throw error
      })
      // Whatever is pending is sent to a gateway that stays.
      await untilReady(gateway.url, signal)
    },
  }
}

async function untilReady(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const isReady = await fetch(`${url}/readyz`, { signal }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return
    await delay(50, undefined, { signal })
  }
}
