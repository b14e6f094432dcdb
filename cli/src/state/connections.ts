import { readFileSync } from 'node:fs'
import { type Folders, toConnectionsFile } from './folders.ts'

/** What `achilles connect` was given for one source. */
export interface Connection {
  gateway?: string
  workspace?: string
  user?: string
  /** Whether prompts, tool inputs and outputs are recorded. */
  content?: boolean
  /** The path of a file with the API key of the gateway. */
  keyFile?: string
}

export type Connections = Readonly<Record<string, Connection>>

export const DEFAULT_GATEWAY = 'http://127.0.0.1:8080'

/** By source. Empty if there is no such file. @throws Error if it is not readable JSON. */
export function readConnections(folders: Folders): Connections {
  const file = toConnectionsFile(folders)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
  try {
    const { connections } = JSON.parse(text) as { connections?: unknown }
    return typeof connections === 'object' && connections !== null ? (connections as Connections) : {}
  } catch {
    throw new Error(`${file} is not valid JSON`)
  }
}
