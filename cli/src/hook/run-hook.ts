import type { AgentReport, AgentSource } from '@achilles/agent-sources'
import { appendToLog } from '../state/bounded-log.ts'
import { readConnections } from '../state/connections.ts'
import { type Environment, type Folders, getFolders, toHookLog } from '../state/folders.ts'
import { putIntoInbox } from '../state/inbox.ts'
import type { InputStream } from './input-stream.ts'
import { type InputLimits, readInput } from './read-input.ts'
import { startSender } from './start-sender.ts'

const LIMITS: InputLimits = { maxBytes: 32 * 2 ** 20, timeoutMs: 5_000, pauseMs: 100 }

export interface HookProcess {
  /** The name of the source and, for git, of its hook with its arguments. */
  args: readonly string[]
  env: Environment
  cwd: () => string
  stdin: () => InputStream
  sources: readonly AgentSource[]
  /** The program that sends. */
  senderFile: string
}

/**
 * Reads one report of an agent and leaves it to the sender. Never throws and writes nothing to the standard streams: what
 * goes wrong is in `hook.log`.
 */
export async function runHook({ args, env, cwd, stdin, sources, senderFile }: HookProcess): Promise<void> {
  const [name = '', ...rest] = args
  let folders: Folders | undefined
  try {
    folders = getFolders(env)
    const source = sources.find((candidate) => candidate.name === name)
    if (!source?.readHook) throw new Error('there is no such source')
    const input = rest.length > 0 ? toInput(rest, cwd(), env) : await readInput(stdin(), LIMITS)
    const receivedAt = new Date().toISOString()
    const report = source.readHook(input as Parameters<NonNullable<AgentSource['readHook']>>[0], { receivedAt })
    if (report) {
      const kept = hasContent(folders, name) ? report : withoutContent(report)
      putIntoInbox(folders, { source: name, receivedAt, cwd: cwd(), report: kept })
    }
    startSender(folders, senderFile, env)
  } catch (error) {
    if (folders) appendToLog(toHookLog(folders), `${name.slice(0, 64)}: ${(error as Error).message}`)
  }
}

/** Git's hooks get arguments instead of JSON. */
const toInput = (
  [name = '', ...others]: readonly string[],
  cwd: string,
  { GIT_AUTHOR_EMAIL }: Environment,
): object => ({
  hook_event_name: name,
  arguments: others,
  cwd,
  environment: { GIT_AUTHOR_EMAIL },
})

/** Off where the choice cannot be read. */
function hasContent(folders: Folders, source: string): boolean {
  try {
    return readConnections(folders)[source]?.content === true
  } catch (error) {
    appendToLog(toHookLog(folders), `${source}: ${(error as Error).message}`)
    return false
  }
}

/** Content that the user did not ask for never reaches the disk. */
function withoutContent(report: AgentReport): AgentReport {
  return { ...report, events: report.events.map(({ content: _, ...event }) => event) }
}
