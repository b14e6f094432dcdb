import { createHash, randomUUID } from 'node:crypto'
import { type Memento, type WorkspaceFolder, workspace } from 'vscode'

/** What the user settled, with what stands in for what was left empty. */
export interface Settings {
  gatewayUrl: string
  userId: string
  workspaceId: string
}

const MADE_UP_USER = 'achilles.madeUpUserId'

/** Reads the settings for a folder; `state` keeps the user id that is made up where none is set. */
export async function readSettings(folder: WorkspaceFolder, state: Memento): Promise<Settings> {
  const settings = workspace.getConfiguration('achilles', folder)
  return {
    gatewayUrl: settings.get('gatewayUrl', '').trim(),
    userId: settings.get('userId', '').trim() || (await madeUpUserId(state)),
    workspaceId: settings.get('workspaceId', '').trim() || workspaceIdOf(folder),
  }
}

async function madeUpUserId(state: Memento): Promise<string> {
  const known = state.get<string>(MADE_UP_USER)
  if (known !== undefined) return known
  const made = `vscode-${randomUUID()}`
  await state.update(MADE_UP_USER, made)
  return made
}

const workspaceIdOf = ({ uri }: WorkspaceFolder) =>
  `vscode-${createHash('sha256').update(uri.toString()).digest('hex').slice(0, 16)}`
