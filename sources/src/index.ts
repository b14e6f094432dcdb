import type { AgentSource, Telemetry } from './agent-source.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import { copilot } from './copilot.ts'
import { cursor } from './cursor.ts'
import { geminiCli } from './gemini-cli.ts'
import { genAi } from './gen-ai.ts'
import { git } from './git.ts'

export type * from './agent-source.ts'

/** All sources. The first that recognizes a record reads it, so the semantic conventions come last. */
export const sources: readonly AgentSource[] = [claudeCode, geminiCli, codex, copilot, cursor, git, genAi]

export function findSource(name: string): AgentSource | undefined {
  return sources.find((source) => source.name === name)
}

/** The source of a log record or span, by its resource, scope and name. */
export function recognizeSource(telemetry: Telemetry): AgentSource | undefined {
  return sources.find((source) => source.recognizes?.(telemetry))
}
