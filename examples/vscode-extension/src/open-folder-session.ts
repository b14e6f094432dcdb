import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createGatewayClient, openSession, type Session } from '@achilles/mcp-client'
import { fileSpool } from '@achilles/mcp-client/node'
import { type ExtensionContext, type LogOutputChannel, version, type WorkspaceFolder } from 'vscode'
import type { ApiKey } from './api-key.ts'
import type { Opening } from './keeper-options.ts'
import { readSettings } from './settings.ts'

/** What belongs to this window. */
export interface Here {
  context: ExtensionContext
  folder: WorkspaceFolder
  apiKey: ApiKey
  log: LogOutputChannel
}

/**
 * Opens a session for the folder as the settings stand now, with events kept on disk until Core has answered for them.
 * @throws GatewayError where the gateway or Core cannot be reached, or refuses.
 */
export async function openFolderSession({ context, folder, apiKey, log }: Here, opening: Opening): Promise<Session> {
  const { gatewayUrl, userId, workspaceId } = await readSettings(folder, context.globalState)
  const gateway = createGatewayClient({
    url: gatewayUrl,
    apiKey: () => apiKey.read(),
    // The keeper has a longer patience.
    retries: 1,
    timeoutMs: 15_000,
  })
  const spool = fileSpool(spoolDir(context, gatewayUrl), {
    onDamage: (file) => log.warn(`not all events in ${file} could be read`),
  })
  return openSession(gateway, {
    client_name: context.extension.id,
    client_version: String(context.extension.packageJSON.version),
    ide_name: 'vscode',
    ide_version: version,
    workspace_id: workspaceId,
    workspace_root: folder.uri.fsPath,
    create_project: true,
    user_id: userId,
    external_session_key: opening.externalSessionKey,
    start_time: opening.startTime,
    signal: opening.signal,
    spool,
    onError: (error) => opening.onError(error),
    onFailed: ({ event, error }) => log.error(`Core refused ${event.event_type} ${event.event_id}: ${error}`),
    onDropped: ({ event, reason }) => log.error(`${event.event_type} ${event.event_id} was given up: ${reason}`),
  })
}

// One for each gateway: what waits for one must not reach another, which knows nothing of its session.
function spoolDir({ storageUri, globalStorageUri }: ExtensionContext, gatewayUrl: string): string {
  const name = createHash('sha256').update(gatewayUrl).digest('hex').slice(0, 16)
  return join((storageUri ?? globalStorageUri).fsPath, 'events', name)
}
