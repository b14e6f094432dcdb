import type { MCPHandshakeResponse, SessionOut, SessionStatus } from '@achilles/mcp-contract'
import type { CallContext, CallOptions } from './call-context.ts'
import { checkOptions } from './check-options.ts'
import type { GatewayClient } from './client.ts'
import { badRequest, isGatewayError, localError } from './gateway-error.ts'
import { notify } from './notify.ts'
import { Recorder } from './recorder/recorder.ts'
import type { EndOptions, Session, SessionOptions } from './session.ts'
import {
  CLOSE_OPTIONS,
  checkSessionOptions,
  DEADLINE_RULES,
  END_OPTIONS,
  SIGNAL_OPTIONS,
  SIGNAL_RULES,
  SNAPSHOT_OPTIONS,
} from './session-options.ts'
import { memorySpool } from './spool/memory-spool.ts'
import type { Spool } from './spool/spool.ts'
import { withTimeout } from './timers.ts'

/**
 * Opens a session: performs the handshake, finds or creates the project, creates the session or resumes the one with
 * the same `external_session_key`, and sends the events that an earlier run left in the spool.
 * @throws GatewayError naming each unknown or ineffective option, or if a step fails after the client’s retries; the
 * spool is then closed. Errors of the spool go to `onError`, and the session still opens.
 * @example
 * const session = await openSession(gateway, { client_name: 'my-ide', client_version: '1.0.0', workspace_id, user_id, external_session_key })
 * session.record({ event_type: 'file_saved', source_type: 'ide', file_path: 'src/cart.ts' })
 * await session.end()
 */
export async function openSession(gateway: GatewayClient, options: SessionOptions): Promise<Session> {
  const spool = options.spool ?? memorySpool()
  try {
    checkSessionOptions(options)
    return await openWith(spool, gateway, options)
  } catch (error) {
    await closeQuietly(spool, options.onError)
    throw error
  }
}

/** Does not throw: that would hide why the session cannot be opened. */
async function closeQuietly(spool: Spool, onError: SessionOptions['onError']): Promise<void> {
  try {
    await spool.close()
  } catch (error) {
    notify(onError, error)
  }
}

/** The part of the deadline for sending events; the rest is for updating the session. */
const FLUSH_SHARE = 0.7

async function openWith(spool: Spool, gateway: GatewayClient, options: SessionOptions): Promise<Session> {
  const handshake = await gateway.handshake.mutate(
    pick(
      options,
      ...(['client_name', 'client_version', 'ide_name', 'ide_version', 'protocol_version', 'capabilities'] as const),
      ...(['workspace_id', 'workspace_root', 'user_id'] as const),
    ),
    toCallOptions({}, options.signal),
  )
  requireHandshake(handshake)
  const context: CallContext = { sessionToken: handshake.mcp_session_token }
  const opening = toCallOptions(context, options.signal)

  const projectId = await findProject(gateway, options, opening)
  const found = await gateway.sessions.create.mutate(
    {
      ...pick(options, 'external_session_key', 'user_id', 'workspace_id', 'tags', 'config_snapshot'),
      ...(projectId !== undefined && { project_id: projectId }),
      start_time: options.start_time ?? new Date(),
    },
    opening,
  )
  const { session_id } = requireSession(found)
  const isOver = found.status !== 'active'
  const opened = isOver ? await gateway.sessions.update.mutate({ session_id, status: 'active' }, opening) : found

  const recorder = new Recorder(
    {
      sessionId: session_id,
      limits: { maxEvents: handshake.preferred_batch_size, maxBytes: handshake.max_payload_bytes },
      // The recorder retries by itself.
      send: (events, signal) =>
        gateway.signals.ingestBatch.mutate({ events }, toCallOptions({ ...context, retries: 0 }, signal)),
    },
    spool,
    options,
  )
  try {
    await recorder.recover()
    options.signal?.throwIfAborted()
  } catch (error) {
    await recorder.close(0)
    throw error
  }

  async function end(status: SessionStatus, { end_time = new Date(), deadlineMs = 5_000 }: EndOptions) {
    const endsAt = performance.now() + deadlineMs
    await recorder.close(deadlineMs * FLUSH_SHARE)
    return withTimeout(`Setting the session to ${status}`, endsAt - performance.now(), (signal) =>
      gateway.sessions.update.mutate({ session_id, status, end_time }, toCallOptions(context, signal)),
    )
  }

  let ending: Promise<SessionOut> | undefined
  return {
    opened,
    handshake,
    projectId,
    record: (event) => recorder.record(event),
    persisted: () => recorder.persisted(),
    async flush(options = {}) {
      checkOptions(options, SIGNAL_OPTIONS, SIGNAL_RULES, 'options')
      await recorder.flush(options.signal)
    },
    async snapshot(snapshot_type, payload, options = {}) {
      checkOptions(options, SNAPSHOT_OPTIONS, SIGNAL_RULES, 'options')
      const { captured_at, signal } = options
      return gateway.state.snapshot.mutate(
        { session_id, snapshot_type, payload, ...(captured_at !== undefined && { captured_at }) },
        toCallOptions(context, signal),
      )
    },
    async insights(query = {}, options = {}) {
      checkOptions(options, SIGNAL_OPTIONS, SIGNAL_RULES, 'options')
      if ('session_id' in query) throw badRequest([{ path: 'session_id', message: 'is this session’s; leave it out' }])
      return gateway.signals.insights.query({ ...query, session_id }, toCallOptions(context, options.signal))
    },
    async end(status = 'completed', options = {}) {
      checkOptions(options, END_OPTIONS, DEADLINE_RULES, 'options')
      // After a failure, `end` may be called again.
      ending ??= end(status, options).catch((error: unknown) => {
        ending = undefined
        throw error
      })
      return ending
    },
    async close(options = {}) {
      checkOptions(options, CLOSE_OPTIONS, DEADLINE_RULES, 'options')
      await recorder.close(options.deadlineMs ?? 5_000)
    },
    ledger: () => recorder.ledger(),
  }
}

/** @throws GatewayError if the response lacks a value that decides how events are sent. */
function requireHandshake(response: MCPHandshakeResponse): void {
  const { mcp_session_token, preferred_batch_size, max_payload_bytes } = response ?? {}
  if (typeof mcp_session_token === 'string' && preferred_batch_size > 0 && max_payload_bytes > 0) return
  throw localError('BAD_GATEWAY', 'The response to the handshake is none: is this the address of a gateway?')
}

function requireSession(response: SessionOut): SessionOut {
  if (typeof response?.session_id === 'string') return response
  throw localError('BAD_GATEWAY', 'The response names no session: is this the address of a gateway?')
}

const toCallOptions = (context: CallContext, signal: AbortSignal | undefined): CallOptions => ({
  context,
  ...(signal && { signal }),
})

async function findProject(gateway: GatewayClient, options: SessionOptions, opening: CallOptions) {
  const { workspace_root, create_project: create_if_missing = false } = options
  if (workspace_root === undefined) return undefined
  const workspace = pick(options, 'workspace_id', 'vcs_remote_url', 'labels')
  try {
    const { project_id } = await gateway.projects.resolve.mutate(
      { ...workspace, workspace_root, create_if_missing },
      opening,
    )
    return project_id
  } catch (error) {
    if (!create_if_missing && isGatewayError(error) && error.data.code === 'NOT_FOUND') return undefined
    throw error
  }
}

/** The gateway rejects unknown keys, so only these fields are sent, and only if they are set. */
function pick<From extends object, Key extends keyof From>(from: From, ...keys: Key[]): Pick<From, Key> {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as Pick<
    From,
    Key
  >
}
