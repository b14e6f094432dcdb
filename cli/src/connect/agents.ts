import { join } from 'node:path'
import type { Environment } from '../state/folders.ts'
import { isOwnCommand, type Program, toNativeCommand, toPowerShellCommand, toShellCommand } from './command-line.ts'
import { type Json, JsonSettings } from './json-settings.ts'

/** How hooks are written into the settings of an agent. */
export interface AgentSettings {
  /** For messages. */
  title: string
  /** The settings of the user, for all projects. */
  getFile(env: Environment, home: string): string
  /** The entry of one hook. */
  toEntry(program: Program): Json
  /** The keys that must be there beside the hooks. */
  required?: Readonly<Record<string, Json>>
  /** What the user must do. */
  note?: string
}

const hook = (source: string) => ['hook', source] as const

/** Seconds. A hook takes a fraction of one; this limits a disk that does not respond. */
const TIMEOUT = 10

/** `{ matcher, hooks: [...] }`: without a matcher for all tools. */
const toGroup = (entry: Json): Json => ({ hooks: [entry] })

export const AGENTS: Readonly<Record<string, AgentSettings>> = {
  'claude-code': {
    title: 'Claude Code',
    getFile: (env, home) => join(env.CLAUDE_CONFIG_DIR || join(home, '.claude'), 'settings.json'),
    toEntry: (program) =>
      toGroup({ type: 'command', command: toShellCommand(program, ...hook('claude-code')), timeout: TIMEOUT }),
  },
  cursor: {
    title: 'Cursor',
    getFile: (_, home) => join(home, '.cursor', 'hooks.json'),
    toEntry: (program) => ({ command: toNativeCommand(program, ...hook('cursor')), timeout: TIMEOUT }),
    required: { version: 1 },
  },
  'gemini-cli': {
    title: 'Gemini CLI',
    getFile: (_, home) => join(home, '.gemini', 'settings.json'),
    // Milliseconds.
    toEntry: (program) =>
      toGroup({
        name: 'achilles',
        type: 'command',
        command: toNativeCommand(program, ...hook('gemini-cli')),
        timeout: TIMEOUT * 1000,
      }),
  },
  codex: {
    title: 'Codex',
    getFile: (env, home) => join(env.CODEX_HOME || join(home, '.codex'), 'hooks.json'),
    toEntry: (program) =>
      toGroup({ type: 'command', command: toNativeCommand(program, ...hook('codex')), timeout: TIMEOUT }),
    note: 'Codex runs only hooks that you trust: start codex and open /hooks.',
  },
  copilot: {
    title: 'GitHub Copilot',
    getFile: (env, home) => join(env.COPILOT_HOME || join(home, '.copilot'), 'hooks', 'achilles.json'),
    toEntry: (program) => ({
      type: 'command',
      bash: toShellCommand(program, ...hook('copilot')),
      powershell: toPowerShellCommand(program, ...hook('copilot')),
      timeoutSec: TIMEOUT,
    }),
    required: { version: 1 },
  },
}

/** Adds the entries, or replaces those of an earlier run; the text stays as it is if they are there. @throws SettingsError */
export function addHooks(
  { toEntry, required = {} }: AgentSettings,
  { source, events, program, file, text }: HookEdit & { program: Program },
): string {
  const entry = toEntry(program)
  if (hasExactly(new JsonSettings(file, text), source, events, entry)) return text
  const settings = new JsonSettings(file, removeHooks({ source, file, text }))
  for (const [key, value] of Object.entries(required)) {
    if (settings.get([key]) === undefined) settings.set([key], value)
  }
  for (const event of events) settings.append(['hooks', event], entry)
  return settings.text
}

function hasExactly(settings: JsonSettings, source: string, events: readonly string[], entry: Json): boolean {
  const hooks = settings.get(['hooks'])
  if (typeof hooks !== 'object' || hooks === null || Array.isArray(hooks)) return false
  const own = Object.entries(hooks).flatMap(([event, entries]) =>
    (Array.isArray(entries) ? entries : [])
      .filter((other) => withoutOwn(other, source) !== other)
      .map((other) => `${event} ${JSON.stringify(other)}`),
  )
  const wanted = events.map((event) => `${event} ${JSON.stringify(entry)}`)
  return own.length === wanted.length && wanted.every((one) => own.includes(one))
}

export interface HookEdit {
  source: string
  /** The names of the hooks. */
  events: readonly string[]
  file: string
  /** What the file holds. */
  text: string
}

/** Removes this command's entries of any version, and what is empty then. @throws SettingsError */
export function removeHooks({ source, file, text }: Omit<HookEdit, 'events'>): string {
  const settings = new JsonSettings(file, text)
  const hooks = settings.get(['hooks'])
  if (typeof hooks !== 'object' || hooks === null || Array.isArray(hooks)) return settings.text
  for (const [event, entries] of Object.entries(hooks)) {
    if (!Array.isArray(entries)) continue
    const kept = entries.map((entry) => withoutOwn(entry, source))
    for (let index = kept.length - 1; index >= 0; index--) {
      if (kept[index] === undefined) settings.set(['hooks', event, index], undefined)
      else if (kept[index] !== entries[index]) settings.set(['hooks', event, index], kept[index])
    }
    if (entries.length > 0 && kept.every((entry) => entry === undefined)) settings.set(['hooks', event], undefined)
  }
  const isEmpty = Object.keys(settings.get(['hooks']) ?? {}).length === 0
  if (isEmpty && Object.keys(hooks).length > 0) settings.set(['hooks'], undefined)
  return settings.text
}

/** The entry itself if it has nothing of this command, undefined if it has nothing else. */
function withoutOwn(entry: Json, source: string): Json | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry
  if ([entry.command, entry.bash, entry.powershell].some((command) => isOwnCommand(command, source))) return undefined
  if (!Array.isArray(entry.hooks)) return entry
  const hooks = entry.hooks.filter((inner) => withoutOwn(inner, source) !== undefined)
  if (hooks.length === entry.hooks.length) return entry
  return hooks.length === 0 ? undefined : { ...entry, hooks }
}
