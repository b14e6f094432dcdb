import { type SessionOut, type SessionStatus, toIsoString } from '@achilles/mcp-contract'
import { checkOptions } from './check-options.ts'
import type { GatewayClient } from './gateway-client.ts'
import { badRequest } from './gateway-error.ts'
import { toOpening } from './recorder/opening.ts'
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
  WATCH_OPTIONS,
  WATCH_RULES,
} from './session-options.ts'
import { memorySpool } from './spool/memory-spool.ts'
import { watchInsights } from './watch/insight-watch.ts'

const DEADLINE_MS = 5_000

/**
 * Returns a session that can be recorded into immediately. It is opened as soon as the gateway can be reached: the client
 * negotiates, finds or creates the project, and creates the session or resumes the one with this `external_session_key`.
 * Everything recorded is stored in the spool until then, and sent by this run or by a later one; what earlier runs left in
 * the spool is sent as well.
 * @throws GatewayError naming each option that is missing, unknown, invalid or without effect.
 * @example
 * const session = openSession(gateway, { client_name: 'my-ide', client_version: '1.0.0', workspace_id, user_id, external_session_key })
 * session.record({ event_type: 'file_saved', source_type: 'ide', file_path: 'src/cart.ts' })
 * await session.end()
 */
export function openSession(gateway: GatewayClient, options: SessionOptions): Session {
  checkSessionOptions(options)
  const recorder = new Recorder(gateway, toOpening(options), options.spool ?? memorySpool(), options)
  recorder.start()
  const ended = new AbortController()
  let ending: ReturnType<Session['end']> | undefined

  async function end(status: SessionStatus, { end_time = new Date(), deadlineMs = DEADLINE_MS }: EndOptions) {
    return (await recorder.close(deadlineMs, { status, end_time: toIsoString(end_time) })) as SessionOut | undefined
  }

  return {
    get opened() {
      return recorder.opened.then(({ session, handshake, projectId }) => ({ session, handshake, projectId }))
    },
    get state() {
      return recorder.state
    },
    retryNow: () => recorder.retryNow(),
    record: (event) => recorder.record(event),
    snapshot(snapshot_type, payload, options = {}) {
      checkOptions(options, SNAPSHOT_OPTIONS, {}, 'options')
      const captured_at = toIsoString(options.captured_at ?? new Date())
      return recorder.recordCall('snapshot', { snapshot_type, payload, captured_at })
    },
    recordPerformance: ({ window_start, window_end, ...performance }) =>
      recorder.recordCall('performance', {
        ...performance,
        window_start: toIsoString(window_start),
        window_end: toIsoString(window_end),
      }),
    persisted: () => recorder.persisted(),
    async flush(options = {}) {
      checkOptions(options, SIGNAL_OPTIONS, SIGNAL_RULES, 'options')
      await recorder.flush(options.signal)
    },
    async insights(query = {}, options = {}) {
      checkOptions(options, SIGNAL_OPTIONS, SIGNAL_RULES, 'options')
      if ('session_id' in query) throw badRequest([{ path: 'session_id', message: 'is this session’s; leave it out' }])
      const { sessionId } = await recorder.untilOpened(options.signal)
      return gateway.signals.insights.query(
        { ...query, session_id: sessionId },
        { ...options, context: recorder.context },
      )
    },
    watchInsights(options = {}) {
      checkOptions(options, WATCH_OPTIONS, WATCH_RULES, 'options')
      const { opened } = recorder
      return watchInsights({ gateway, opened, getContext: () => recorder.context, ended: ended.signal }, options)
    },
    async end(status = 'completed', options = {}) {
      checkOptions(options, END_OPTIONS, DEADLINE_RULES, 'options')
      ended.abort()
      ending ??= end(status, options)
      return ending
    },
    async close(options = {}) {
      checkOptions(options, CLOSE_OPTIONS, DEADLINE_RULES, 'options')
      ended.abort()
      await recorder.close(options.deadlineMs ?? DEADLINE_MS)
    },
    ledger: () => recorder.ledger(),
  }
}
