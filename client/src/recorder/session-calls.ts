import {
  type JsonObject,
  type MCPHandshakeResponse,
  type MCPSessionUpdate,
  parseJson,
  type SessionOut,
} from '@achilles/mcp-contract'
import type { CallContext, CallOptions } from '../call-context.ts'
import { getTransport } from '../client.ts'
import type { GatewayClient } from '../gateway-client.ts'
import { isGatewayError, localError } from '../gateway-error.ts'
import type { Opening } from './opening.ts'
import type { BatchLimits, PendingEntry } from './pending-entries.ts'
import { UnknownKeys } from './unknown-keys.ts'

/** What sending needs of a session. */
export interface OpenSession {
  sessionId: string
  limits: BatchLimits
}

/** What Core returned when the session was opened. */
export interface OpenedSession {
  session: SessionOut
  handshake: MCPHandshakeResponse
  /** The project of the workspace, if there is one. */
  projectId: string | undefined
}

/**
 * The calls of one session. Keys that an older gateway does not know are removed from inputs, and the call is repeated.
 * Calls are made once: the sender retries.
 */
export class SessionCalls {
  readonly #gateway: GatewayClient
  readonly #unknownKeys: UnknownKeys
  #context: CallContext = {}

  /** @param onStripped called with each key that was removed from an input */
  constructor(gateway: GatewayClient, onStripped: (key: string) => void) {
    this.#gateway = gateway
    this.#unknownKeys = new UnknownKeys(onStripped)
  }

  /** @param resumes sets a session that has ended to active again */
  async open(
    { handshake, project, session }: Opening,
    resumes: boolean,
    signal: AbortSignal,
  ): Promise<OpenSession & OpenedSession> {
    const gateway = this.#gateway
    const granted = requireHandshake(
      await this.#unknownKeys.strip('handshake', handshake, handshake, (input) =>
        gateway.handshake.mutate(input, this.#options(signal)),
      ),
    )
    this.#context = { sessionToken: granted.mcp_session_token }
    const projectId = project && (await this.#findProject(project, signal))
    const found = requireSession(
      await this.#unknownKeys.strip(
        'session',
        session,
        { ...session, ...(projectId !== undefined && { project_id: projectId }) },
        (input) => gateway.sessions.create.mutate(input, this.#options(signal)),
      ),
    )
    const isResumed = resumes && found.status !== 'active'
    return {
      sessionId: found.session_id,
      limits: { maxEvents: granted.preferred_batch_size, maxBytes: granted.max_payload_bytes },
      session: isResumed ? await this.update({ session_id: found.session_id, status: 'active' }, signal) : found,
      handshake: granted,
      projectId,
    }
  }

  /** @param owner the same object in each attempt */
  update(input: MCPSessionUpdate, signal: AbortSignal, owner: object = input): Promise<SessionOut> {
    return this.#unknownKeys.strip('end', owner, input, (input) =>
      this.#gateway.sessions.update.mutate(input, this.#options(signal)),
    )
  }

  /** Sends events as the texts that they are, or parsed where the client is not one of this package. */
  async sendEvents(events: readonly PendingEntry[], sessionId: string, signal: AbortSignal): Promise<unknown> {
    const member = `{"session_id":${JSON.stringify(sessionId)},`
    return this.#unknownKeys.stripEvents(events, () => {
      const body = `{"events":[${events.map(({ json }) => member + json.slice(1)).join(',')}]}`
      const transport = getTransport(this.#gateway)
      if (transport) return transport.post('signals.ingestBatch', body, this.#context, signal)
      return this.#gateway.signals.ingestBatch.mutate(parseJson(body) as never, this.#options(signal))
    })
  }

  /** Sends a snapshot or a performance record, whose id is its idempotency key. */
  sendRecord(entry: PendingEntry, sessionId: string, signal: AbortSignal): Promise<unknown> {
    const { kind, id, json } = entry
    const gateway = this.#gateway
    const input = { session_id: sessionId, ...(parseJson(json) as JsonObject) } as never
    const options = this.#options(signal, { idempotencyKey: id })
    return this.#unknownKeys.strip<typeof input, unknown>(kind, entry, input, (input) =>
      kind === 'snapshot'
        ? gateway.state.snapshot.mutate(input, options)
        : gateway.agents.recordPerformance.mutate(input, options),
    )
  }

  /** The session's token, once it is open. */
  get context(): CallContext {
    return this.#context
  }

  #options(signal: AbortSignal, more: CallContext = {}): CallOptions {
    return { context: { ...this.#context, ...more, retries: 0 }, signal }
  }

  /** Undefined if the workspace has no project and none is to be created. */
  async #findProject(project: NonNullable<Opening['project']>, signal: AbortSignal): Promise<string | undefined> {
    try {
      const { project_id } = await this.#unknownKeys.strip('project', project, project, (input) =>
        this.#gateway.projects.resolve.mutate(input, this.#options(signal)),
      )
      return project_id
    } catch (error) {
      const isMissing = isGatewayError(error) && error.data.code === 'NOT_FOUND' && error.data.upstream !== undefined
      if (!project.create_if_missing && isMissing) return undefined
      throw error
    }
  }
}

/** What a response to a handshake must hold, since it decides how events are sent. */
function requireHandshake(response: MCPHandshakeResponse): MCPHandshakeResponse {
  const { mcp_session_token, preferred_batch_size, max_payload_bytes } = response ?? {}
  if (typeof mcp_session_token === 'string' && preferred_batch_size > 0 && max_payload_bytes > 0) return response
  throw localError('BAD_GATEWAY', 'The response to the handshake is invalid: is this the address of a gateway?')
}

function requireSession(response: SessionOut): SessionOut {
  if (typeof response?.session_id === 'string') return response
  throw localError('BAD_GATEWAY', 'The response names no session: is this the address of a gateway?')
}
