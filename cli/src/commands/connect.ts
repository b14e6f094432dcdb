import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { findSource } from '@achilles/agent-sources'
import { AGENTS, addHooks, removeHooks } from '../connect/agents.ts'
import type { Program } from '../connect/command-line.ts'
import { addGitHook, findGitHooks, readHook, removeGitHook, toHookFile } from '../connect/git-hooks.ts'
import { SettingsError } from '../connect/json-settings.ts'
import { OTLP_SETTINGS, type OtlpTarget, toAgentVariables } from '../connect/otlp.ts'
import { type ChangedFile, changeFile, readSettings, restoreFile } from '../connect/settings-file.ts'
import { DEFAULT_GATEWAY } from '../state/connections.ts'
import type { Environment, Folders } from '../state/folders.ts'
import { readStoredConnections, type StoredConnection, storeConnection } from '../state/store-connections.ts'
import { UsageError } from './usage-error.ts'

export interface ConnectContext {
  folders: Folders
  env: Environment
  cwd: string
  /** What starts this command. */
  program: Program
  print: (line: string) => void
}

export interface ConnectOptions {
  gateway?: string
  workspace?: string
  user?: string
  content?: boolean
  keyFile?: string
  channel?: 'hook' | 'otlp' | 'both'
  print?: boolean
}

/** The names that can be connected. */
export const CONNECTABLE: readonly string[] = [...Object.keys(AGENTS), 'git']

/** A change of one file, and its opposite. */
interface Edit {
  path: string
  text: string
  mode?: number
}

/** Writes the hooks into the settings of an agent, or into a repository, and stores the choices. */
export async function connect(source: string, options: ConnectOptions, context: ConnectContext): Promise<void> {
  const { folders, print } = context
  const stored = readStoredConnections(folders)[source]
  const { edits, variables } = await planEdits(source, options, stored, context)
  if (options.print) {
    for (const { path, text } of edits) print(`${edits.length > 1 ? `# ${path}\n` : ''}${text.trimEnd()}`)
    for (const line of variables) print(line)
    return
  }
  const connection = toConnection(options, stored)
  const files = [...(stored?.files ?? [])]
  for (const { path, text, mode } of edits) {
    const known = files.findIndex((file) => file.path === path)
    if (readSettings(path) === text) {
      print(`${path} is as it should be already`)
      continue
    }
    const changed = changeFile(path, text, files[known], mode)
    if (known < 0) files.push(changed)
    else files[known] = changed
    // Each is stored at once: whatever fails next, `disconnect` knows it.
    storeConnection(folders, source, { ...connection, files })
    print(`${path} is written${changed.backup ? `; a copy of it as it was: ${changed.backup}` : ''}`)
  }
  if (edits.length > 0) storeConnection(folders, source, { ...connection, files })
  if (variables.length > 0) {
    print('Telemetry is switched on by the environment of the agent:')
    for (const line of variables) print(line)
  }
  print(
    connection.content
      ? 'Content is recorded: prompts, tool inputs and outputs, without the secrets that were recognized.'
      : 'No content is recorded: no prompts, tool inputs, outputs or files.',
  )
  if (/[\\/]_npx[\\/]/.test(context.program.join(' '))) {
    print('This program is in the cache of npx, which npm may delete: install it, and connect again.')
  }
  const note = AGENTS[source]?.note
  if (note) print(note)
  if (source === 'git' && (await findGitHooks(context.cwd)).isInWorkTree) {
    print(
      'These hooks are in the working tree (core.hooksPath): do not commit the change, it holds paths of this machine.',
    )
  }
}

/**
 * Restores the settings, and forgets the choices. For git those of the repository only, unless `all` is set.
 * @throws SettingsError if there is no such connection
 */
export async function disconnect(
  source: string,
  { all = false }: { all?: boolean },
  { folders, cwd, print }: Pick<ConnectContext, 'folders' | 'cwd' | 'print'>,
): Promise<void> {
  const stored = readStoredConnections(folders)[source]
  if (!stored) throw new SettingsError(`${source} is not connected`)
  const folder = source === 'git' && !all ? (await findGitHooks(cwd)).folder : undefined
  const files = stored.files ?? []
  const restored = files.filter(({ path }) => folder === undefined || dirname(path) === folder)
  if (folder !== undefined && restored.length === 0)
    throw new SettingsError(`${folder} is not connected; --all restores every repository`)
  for (const file of restored) {
    const result = restoreFile(file, (text) => removeFrom(source, file.path, text))
    print(describe(result, file))
  }
  const left = files.filter((file) => !restored.includes(file))
  storeConnection(folders, source, left.length > 0 ? { ...stored, files: left } : undefined)
}

function describe(result: ReturnType<typeof restoreFile>, { path, backup }: ChangedFile): string {
  switch (result) {
    case 'restored':
      return `${path} is as it was`
    case 'deleted':
      return `${path} is removed: there was none before`
    case 'unchanged':
      return `${path} has no hooks of achilles any more`
    case 'edited':
      return `${path} was changed by others since: only the hooks are removed${backup ? `; as it was before: ${backup}` : ''}`
  }
}

/** What `connect` wrote, taken out of the text of a file. */
function removeFrom(source: string, path: string, text: string): string {
  if (source === 'git') return removeGitHook(text)
  if (path.endsWith('.toml')) return OTLP_SETTINGS[source]?.remove(text, path) ?? text
  const without = removeHooks({ source, file: path, text })
  return OTLP_SETTINGS[source]?.remove(without, path) ?? without
}

async function planEdits(
  source: string,
  options: ConnectOptions,
  stored: StoredConnection | undefined,
  context: ConnectContext,
): Promise<{ edits: Edit[]; variables: string[] }> {
  const { env, cwd, program } = context
  const { channel = 'hook', print = false } = options
  const read = (path: string) => (print ? '' : readSettings(path))
  const events = findSource(source)?.hooks ?? []
  const agent = AGENTS[source]
  if (!agent) {
    if (channel !== 'hook') throw new UsageError([{ path: '--channel', message: `${source} has hooks only` }])
    const hooks = await findGitHooks(cwd)
    const edits = events.map((event) => {
      const path = toHookFile(hooks, event)
      return { path, text: addGitHook(path, event, print ? '' : readHook(path), program), mode: 0o755 }
    })
    return { edits, variables: [] }
  }
  const home = env.HOME || homedir()
  const edits = new Map<string, string>()
  const variables: string[] = []
  if (channel !== 'otlp') {
    const file = agent.getFile(env, home)
    edits.set(file, addHooks(agent, { source, events, program, file, text: read(file) }))
  }
  if (channel !== 'hook') {
    const target = toTarget(channel, toConnection(options, stored))
    const settings = OTLP_SETTINGS[source]
    const file = settings?.getFile(env, home)
    if (settings && file) edits.set(file, settings.add(edits.get(file) ?? read(file), file, target))
    else variables.push(...toVariableLines(source, target))
  }
  return { edits: [...edits].map(([path, text]) => ({ path, text })), variables }
}

/** @throws UsageError */
function toTarget(
  channel: string,
  { gateway = DEFAULT_GATEWAY, workspace, user, content }: StoredConnection,
): OtlpTarget {
  if (content)
    throw new UsageError([
      { path: '--content', message: 'is for hooks only: telemetry is sent by the agent itself, with its secrets' },
    ])
  if (workspace === undefined)
    throw new UsageError([{ path: '--workspace', message: 'is needed for telemetry, which names no repository' }])
  return { gateway, workspace, ...(user !== undefined && { user }), besideHooks: channel === 'both' }
}

/** @throws UsageError if the agent has no telemetry */
function toVariableLines(source: string, target: OtlpTarget): string[] {
  const variables = toAgentVariables(source, target)
  if (!variables) throw new UsageError([{ path: '--channel', message: `${source} has hooks only` }])
  return Object.entries(variables).map(([name, value]) => `  ${name}=${value}`)
}

/** What is not named now stays as it was. */
function toConnection(options: ConnectOptions, stored: StoredConnection = {}): StoredConnection {
  const { gateway, workspace, user, content, keyFile } = options
  return {
    ...stored,
    ...(gateway !== undefined && { gateway }),
    ...(workspace !== undefined && { workspace }),
    ...(user !== undefined && { user }),
    ...(keyFile !== undefined && { keyFile: resolve(keyFile) }),
    ...(content !== undefined && { content }),
  }
}
