import type { ScriptedModel } from './responses-model.ts'

/** How events reach the gateway. */
export type Channel = 'hook' | 'OTLP' | 'both'

/** Numbers of events by `event_type`; a `custom` event counts as its `payload.kind`. */
export type EventCounts = Readonly<Record<string, number>>

/** Where an agent finds its settings and its work. */
interface AgentSetting {
  /** The agent's home, where `achilles connect` writes. */
  home: string
  /** The repository in which it works. */
  project: string
}

interface AgentCommand {
  command: readonly string[]
  env: Readonly<Record<string, string>>
  /** Closed at the end of the session. */
  model?: ScriptedModel
}

/**
 * A real agent whose model is a script. In a session it gets a prompt, writes a file, edits it, runs a command, and runs tests
 * that fail.
 */
export interface RealAgent {
  /** As in `achilles connect <name>`. */
  name: string
  /** Writes what the agent needs to run at all; `achilles connect` comes after it. */
  prepare(setting: AgentSetting): Promise<void>
  start(setting: AgentSetting): Promise<AgentCommand>
  /** What one session is. */
  expected: Readonly<Record<Channel, EventCounts>>
  /** Where `achilles connect` writes the hooks, from the home. */
  hooksFile: string
  /** How often a session calls a hook. */
  hooksPerSession: number
}
