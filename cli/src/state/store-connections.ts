import type { ChangedFile } from '../connect/settings-file.ts'
import { writeSettings } from '../connect/settings-file.ts'
import { type Connection, readConnections } from './connections.ts'
import { type Folders, toConnectionsFile } from './folders.ts'

/** A connection with the files that `achilles connect` changed for it. */
export interface StoredConnection extends Connection {
  files?: ChangedFile[]
}

/** @throws Error if the file is not valid JSON */
export const readStoredConnections = (folders: Folders) =>
  readConnections(folders) as Readonly<Record<string, StoredConnection>>

/** Stores a connection, or with undefined forgets it. */
export function storeConnection(folders: Folders, source: string, connection: StoredConnection | undefined): void {
  const { [source]: _, ...others } = readStoredConnections(folders)
  const connections = connection ? { ...others, [source]: connection } : others
  writeSettings(toConnectionsFile(folders), `${JSON.stringify({ connections }, null, 2)}\n`)
}
