import type { AgentSource } from '@achilles/agent-sources'
import type { Problem } from '@achilles/mcp-contract'
import type { Handler, Hono } from 'hono'
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../../errors/gateway-error.ts'
import { toProblem } from '../../errors/to-problem.ts'
import type { GatewayContext, GatewayEnv } from '../../http/env.ts'
import { getRequestContext } from '../../http/request-context.ts'
import type { Services } from '../../procedures/context.ts'
import { collectReports } from './collect-reports.ts'
import { getEncoding, getErrorEncoding } from './encoding.ts'
import { listRecords } from './list-records.ts'
import { findOwner, getOtlpHeaders, hasHooks } from './owner.ts'
import { bindProcedures } from './procedures.ts'
import { createReporter, type RecordReporter, toPartialSuccess } from './report-records.ts'
import { SIGNALS, type Signal } from './signals.ts'
import { storeSessions } from './store-sessions.ts'

/** At most 10 MB. */
const MAX_REMEMBERED_SESSIONS = 10_000

export interface OtlpSurface {
  owns(c: GatewayContext): boolean
  /** A problem as the protocol has it: a `Status` in the encoding of the request. */
  toErrorResponse(c: GatewayContext, problem: Problem, headers: Readonly<Record<string, string>>): Response
}

interface OtlpOptions {
  sources: readonly AgentSource[]
  /** The ids of Core's sessions, by caller, workspace and key. */
  sessionIds: LRUCache<string, string>
  report: RecordReporter
}

/**
 * OTLP/HTTP: reads what coding agents report in logs and spans, and sends it on as events of their sessions.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function mountOtlp(app: Hono<GatewayEnv>, services: Services, sources: readonly AgentSource[]): OtlpSurface {
  const report = createReporter(services.telemetry)
  const options = { sources, sessionIds: new LRUCache<string, string>({ max: MAX_REMEMBERED_SESSIONS }), report }
  for (const signal of SIGNALS) app.post(signal.path, otlpHandler(signal, services, options))
  const paths = new Set(SIGNALS.map(({ path }) => path))
  return {
    owns: (c) => paths.has(c.req.path),
    toErrorResponse(c, { status: actual, detail }, headers) {
      // Exporters drop what is rejected with a 500, which is not their fault.
      const status = actual === 500 ? 503 : actual
      const { mediaType, encodeStatus } = getErrorEncoding(c.req.header('content-type'))
      return new Response(encodeStatus(detail), {
        status,
        headers: {
          'content-type': mediaType,
          'cache-control': 'no-store',
          ...((status === 429 || status === 503) && { 'retry-after': '1' }),
          ...headers,
        },
      })
    },
  }
}

function otlpHandler(
  signal: Signal,
  services: Services,
  { sources, sessionIds, report }: OtlpOptions,
): Handler<GatewayEnv> {
  return async function otlp(c) {
    const principal = c.get('principal')
    // Before the body is read: bodies of unauthenticated callers are never read.
    if (principal instanceof GatewayError) throw principal
    const encoding = getEncoding(c.req.header('content-type'))
    const inbound = getRequestContext(c)
    const { requestId, record } = inbound
    const receivedAt = new Date(inbound.receivedAt).toISOString()
    const request = await encoding.readRequest(c, signal, services.maxBodyBytes)

    const headers = getOtlpHeaders(c)
    const records = listRecords(request, signal, receivedAt)
    const { sessions, results } = collectReports(records, signal, {
      sources,
      findOwner: (resource, session) => findOwner(headers, resource, session, principal),
      hasHooks: (resource) => hasHooks(headers, resource),
      onFault: (err) => services.telemetry.log.error({ request_id: requestId, err }, 'Internal error'),
    })
    // Each session is a call of its own.
    if (sessions.length > 1) await c.get('countCalls')?.(sessions.length - 1)

    const warnings: GatewayError[] = []
    await storeSessions(sessions, {
      procedures: bindProcedures(services, inbound),
      sessionIds,
      caller: principal.name,
      receivedAt,
      now: () => performance.now(),
      reject(rejected, error) {
        for (const index of rejected) if (results[index]) results[index].error ??= error
      },
      warn: (error) => warnings.push(error),
    })

    report(signal, records, results)
    const [first, ...others] = [...results.flatMap(({ error }) => error ?? []), ...warnings]
    const isStored = results.some(({ isReport, error }) => isReport && !error)
    if (first && !isStored) throw first
    if (first) record.addProblem(toProblem(first, requestId))
    const partial = first && toPartialSuccess(results, [first, ...others])
    return new Response(encoding.encodeResponse(partial, signal), {
      headers: { 'content-type': encoding.mediaType, 'cache-control': 'no-store' },
    })
  }
}
