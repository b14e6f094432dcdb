import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from './achilles.ts'
import { type AgentHome, createAgentHome } from './agent-home.ts'
import type { RealAgent } from './real-agent.ts'

const ROUNDS = 5

/** How much longer a session takes per hook, in milliseconds; of the shortest of five sessions each. */
export interface HookTimes {
  /** With the hooks that `achilles connect` writes, while no gateway listens. */
  connected: number
  /** With hooks that start `true`: what the agent itself needs for a hook. */
  empty: number
}

export async function measureHooks(agent: RealAgent, gateway: string): Promise<HookTimes> {
  const homes = await Promise.all([createAgentHome(agent), createAgentHome(agent), createAgentHome(agent)])
  const [without, connected, empty] = homes
  try {
    for (const { home } of [connected, empty]) {
      await connect(home, { agent: agent.name, channel: 'hook', gateway, workspace: 'measured' })
    }
    await emptyHooks(agent, empty)
    const shortest = new Map<AgentHome, number>()
    // In turn, so that other load on the machine meets all.
    for (let round = 0; round < ROUNDS; round++) {
      for (const home of homes) {
        const startedAt = performance.now()
        await home.runSession()
        shortest.set(home, Math.min(shortest.get(home) ?? Number.POSITIVE_INFINITY, performance.now() - startedAt))
      }
    }
    const perHook = (home: AgentHome) =>
      ((shortest.get(home) ?? 0) - (shortest.get(without) ?? 0)) / agent.hooksPerSession
    return { connected: perHook(connected), empty: perHook(empty) }
  } finally {
    for (const home of homes) await home.remove()
  }
}

/** The shortest of twenty starts of Node, in milliseconds: a hook is a program for Node. */
export function measureNode(): number {
  const starts = Array.from({ length: 20 }, () => {
    const startedAt = performance.now()
    spawnSync(process.execPath, ['-e', '0'])
    return performance.now() - startedAt
  })
  return Math.min(...starts)
}

async function emptyHooks({ hooksFile }: RealAgent, { home }: AgentHome): Promise<void> {
  const file = join(home, hooksFile)
  const settings = await readFile(file, 'utf8')
  await writeFile(file, settings.replace(/"command": *"[^"]*achilles[^"]*"/g, '"command": "true"'))
}
