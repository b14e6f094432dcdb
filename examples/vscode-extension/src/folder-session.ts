import { randomUUID } from 'node:crypto'
import { createGatewayClient, isGatewayError, openSession, type Session } from '@achilles/mcp-client'
import { fileSpool } from '@achilles/mcp-client/node'
import { type ExtensionContext, type LogOutputChannel, Uri, version, type WorkspaceFolder } from 'vscode'
import type { Settings } from './settings.ts'

/**
 * Opens a session for the folder. Everything recorded is stored in the extension's global storage, which all windows share,
 * until Core has accepted it: without a gateway, or after a crash, the next window sends it.
 */
export function openFolderSession(
  context: ExtensionContext,
  folder: WorkspaceFolder,
  settings: Settings,
  log: LogOutputChannel,
): Session {
  const gateway = createGatewayClient({ url: () => settings.gatewayUrl, apiKey: () => settings.readApiKey() })
  const session = openSession(gateway, {
    client_name: context.extension.id,
    client_version: String(context.extension.packageJSON.version),
    ide_name: 'vscode',
    ide_version: version,
    workspace_id: settings.workspaceId,
    workspace_root: folder.uri.fsPath,
    create_project: true,
    user_id: settings.userId,
    external_session_key: randomUUID(),
    spool: fileSpool(Uri.joinPath(context.globalStorageUri, 'spool').fsPath, {
      onDamage: (file) => log.warn(`Not everything in ${file} could be read.`),
    }),
    onStateChange: ({ connection, reason }) =>
      connection === 'offline' ? log.warn(`Offline: ${reason}`) : log.info(`The gateway is ${connection}.`),
    onError: (error) => isGatewayError(error) || log.warn(String(error)),
    onFailed: ({ kind, id, error }) => log.warn(`Core rejected the ${kind} ${id}: ${error}`),
    onDropped: ({ kind, id, reason }) => log.warn(`The ${kind} ${id} was dropped: ${reason}`),
  })
  session.opened
    .then(({ session: { session_id, workspace_id } }) => log.info(`Session ${session_id} of ${workspace_id} is open.`))
    .catch(() => {})
  return session
}
