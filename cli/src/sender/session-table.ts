import { readFileSync } from 'node:fs'
import { createGatewayClient, type GatewayClient } from '@achilles/mcp-client'
import { identify } from '../project/identify.ts'
import { type Connection, DEFAULT_GATEWAY } from '../state/connections.ts'
import type { Environment, Folders } from '../state/folders.ts'
import type { InboxEntry } from '../state/inbox.ts'
import { LiveSession } from './live-session.ts'
import { NO_COUNTS, readSession, type SessionRecord, toSessionFolder } from './session-record.ts'

const MAX_PENDING = 20_000
const MAX_PENDING_BYTES = 64 * 2 ** 20

export interface SessionTableOptions {
  folders: Folders
  env: Environment
  log: (message: string) => void
}

/** The sessions that this sender has open, by their folder. */
export class SessionTable {
  readonly #options: SessionTableOptions
  readonly #live = new Map<string, LiveSession>()
  /** By URL and file of the key. */
  readonly #gateways = new Map<string, GatewayClient>()

  constructor(options: SessionTableOptions) {
    this.#options = options
  }

  get live(): readonly LiveSession[] {
    return [...this.#live.values()]
  }

  get pending(): number {
    return this.live.reduce((sum, { pending }) => sum + pending, 0)
  }

  /** Whether more must wait, in the inbox or in spools, because too much is in memory. */
  get isFull(): boolean {
    return this.pending >= MAX_PENDING || this.live.reduce((sum, { bytes }) => sum + bytes, 0) >= MAX_PENDING_BYTES
  }

  has(folder: string): boolean {
    return this.#live.has(folder)
  }

  /**
   * The session of a report, opened if need be. Undefined while it is being closed: it can be opened
   * again afterwards.
   * @throws GatewayError if the connection is not valid
   */
  async find(entry: InboxEntry, connection: Connection): Promise<LiveSession | undefined> {
    const { folders } = this.#options
    const gateway = connection.gateway ?? DEFAULT_GATEWAY
    const folder = toSessionFolder(folders, { gateway, key: entry.report.session.key })
    const live = this.#live.get(folder)
    if (live) return live.isClosing ? undefined : live
    const record = readSession(folder) ?? (await createRecord(entry, connection, gateway))
    return this.open(folder, record, connection)
  }

  /** @throws GatewayError if the connection is not valid */
  open(folder: string, record: SessionRecord, connection: Connection): LiveSession {
    const session = new LiveSession(folder, record, this.#getGateway(record.gateway, connection), this.#options.log)
    this.#live.set(folder, session)
    return session
  }

  /** After it was closed or ended. */
  delete({ folder }: LiveSession): void {
    this.#live.delete(folder)
  }

  #getGateway(url: string, { keyFile }: Connection): GatewayClient {
    const id = `${url}\n${keyFile ?? ''}`
    const known = this.#gateways.get(id)
    if (known) return known
    const { env } = this.#options
    const gateway = createGatewayClient({ url, apiKey: () => readKey(env, keyFile) })
    this.#gateways.set(id, gateway)
    return gateway
  }
}

/** Read before each request: a key that is replaced is used at once. */
function readKey(env: Environment, keyFile: string | undefined): string | undefined {
  if (keyFile === undefined) return env.ACHILLES_GATEWAY_KEY || undefined
  return readFileSync(keyFile, 'utf8').trim() || undefined
}

async function createRecord(
  { source, report, cwd, receivedAt }: InboxEntry,
  connection: Connection,
  gateway: string,
): Promise<SessionRecord> {
  const { key, userId } = report.session
  const startTime = report.events[0]?.timestamp ?? receivedAt
  return {
    key,
    source,
    gateway,
    identity: await identify(report.session.cwd ?? cwd, connection, userId),
    startTime,
    lastTime: startTime,
    receivedAt,
    counts: NO_COUNTS,
  }
}
