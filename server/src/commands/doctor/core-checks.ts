import { randomBytes, randomUUID } from 'node:crypto'
import { MAX_BATCH_EVENTS, type MCPHandshakeResponse } from '@achilles/mcp-contract'
import { TRPCError } from '@trpc/server'
import type { Config } from '../../config.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { toGatewayError } from '../../errors/to-problem.ts'
import { listProcedures } from '../../procedures/list-procedures.ts'
import { appRouter } from '../../procedures/router.ts'
import { openServices } from '../../runtime/services.ts'
import { createLog } from '../../telemetry/log.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { RequestRecord } from '../../telemetry/request-record.ts'
import { NotJsonError } from '../../upstream/errors.ts'
import { version } from '../../version.ts'
import { type Check, type CheckResult, fault, line, literal, ok, skipped, warning } from './check-result.ts'
import { explainFailure } from './explain-failure.ts'

/** Checks whether Core implements the contract. Changes nothing in Core: all ids are random. */
export function coreChecks(access: CoreAccess, { maxBodyBytes }: Pick<Config, 'maxBodyBytes'>): Check[] {
  const wrongKey: CoreAccess = { ...access, core: { ...access.core, apiKey: randomBytes(24).toString('base64url') } }
  const unknownSession = { external_session_key: unknownId() }
  let granted: MCPHandshakeResponse | undefined

  return [
    {
      name: 'health',
      run: () =>
        checkCore(access, 'coreHealth', (core) => core.coreHealth(), {
          check({ status, accepting_signals: accepts, uptime_seconds }) {
            const events = accepts ? line`accepts events` : line`accepts no events`
            const seen = line`${status}, ${events}, up for ${Math.round(uptime_seconds)} s`
            return status === 'ok' && accepts ? ok(seen) : warning(seen, line`Core reports that it is not healthy.`)
          },
        }),
    },
    {
      name: 'handshake',
      run: () =>
        checkCore(access, 'handshake', (core) => core.handshake(introduction()), {
          check(response) {
            granted = response
            return ok(line`${response.server_name} ${response.server_version}`)
          },
        }),
    },
    {
      name: 'sizes',
      run: () => (granted ? checkSizes(granted, maxBodyBytes) : skipped(line`the handshake failed`)),
    },
    {
      name: 'unknown project',
      run: () =>
        checkCore(access, 'projects.resolve', (core) => core.projects.resolve(unknownProject()), {
          check: ({ created }) =>
            fault(
              created ? line`a project was created` : line`a project was found for a random workspace`,
              line`With \`create_if_missing\` false Core must respond with 404 and create nothing.`,
            ),
          byStatus: { 404: checkNotFound },
        }),
    },
    {
      name: 'unknown session',
      run: () =>
        checkCore(access, 'sessions.resolve', (core) => core.sessions.resolve(unknownSession), {
          check: ({ found, session }) =>
            !found && session === null
              ? ok(line`not found`)
              : fault(
                  line`found is ${literal(`${found} and session ${session === null ? 'null' : 'given'}`)} for a random key`,
                  line`If there is no session, \`found\` must be false and \`session\` null.`,
                ),
          byStatus: {
            404: () =>
              fault(
                line`404`,
                line`If there is no session, Core must respond with 200, \`found\` false and \`session\` null.`,
              ),
          },
        }),
    },
    {
      name: 'no insights',
      run: () =>
        checkCore(access, 'signals.insights', (core) => core.signals.insights({ session_id: unknownId() }), {
          check: ({ length }) =>
            length === 0
              ? ok(line`none`)
              : fault(
                  line`${length} for a random session`,
                  line`Core must return only insights of the requested session.`,
                ),
          byStatus: { 404: checkNotFound },
        }),
    },
    {
      name: 'wrong key',
      run: () =>
        checkCore(wrongKey, 'sessions.resolve', (core) => core.sessions.resolve(unknownSession), {
          check: () => notRejected(),
          byStatus: { 401: () => ok(line`rejected with 401`), 403: () => ok(line`rejected with 403`) },
          otherwise: notRejected,
        }),
    },
  ]
}

const notRejected = (status = 200) =>
  fault(line`responded with ${status}`, line`Core must reject an unknown key with 401 or 403, whatever the request.`)

const introduction = () => ({ client_name: 'achilles-doctor', client_version: version, workspace_id: unknownId() })

const unknownProject = () => {
  const workspace_id = unknownId()
  return { workspace_id, workspace_root: `/${workspace_id}`, create_if_missing: false }
}

/** A 404 is correct, unless the path itself may be unknown. */
function checkNotFound(detail: string | undefined): CheckResult {
  if (detail !== undefined && !/^not found\.?$/i.test(detail)) return ok(line`404, as expected`)
  return warning(
    line`404, without a specific \`detail\``,
    line`Does Core have this path? \`detail\` should name what was not found.`,
  )
}

interface ResponseChecks<Output> {
  check: (output: Output) => CheckResult
  byStatus?: Readonly<Record<number, (detail: string | undefined) => CheckResult>>
  /** For any other response. @default explainFailure @param status undefined for a contract violation */
  otherwise?: (status: number | undefined) => CheckResult
}

async function checkCore<Output>(
  access: CoreAccess,
  operation: string,
  call: (procedures: Procedures) => Promise<Output>,
  { check, byStatus = {}, otherwise }: ResponseChecks<Output>,
): Promise<CheckResult> {
  const requestId = unknownId()
  try {
    return check(await callCore(access, requestId, call))
  } catch (thrown) {
    const error = thrown instanceof TRPCError ? toGatewayError(thrown) : thrown
    if (error instanceof GatewayError) {
      const { upstream, problem } = error
      const known = upstream && !(error instanceof NotJsonError) && byStatus[upstream.status]
      if (known) return known(upstream.detail)
      if (otherwise && (upstream || problem === 'CORE_CONTRACT_VIOLATION') && !(error instanceof NotJsonError))
        return otherwise(upstream?.status)
    }
    const call = getCoreCall(operation)
    const [, path = ''] = call.split(' ')
    return explainFailure(error, {
      call: literal(call),
      path: literal(path),
      requestId,
      timeoutMs: access.upstream.timeoutMs,
    })
  }
}

export interface CoreAccess {
  core: NonNullable<Config['core']>
  upstream: Config['upstream']
}

type Procedures = ReturnType<typeof appRouter.createCaller>

/**
 * Calls Core through the gateway's own procedures, with the same validation. Makes one attempt with a new upstream
 * client, so that neither retries nor the circuit breaker hide a failure.
 */
async function callCore<Output>(
  { core, upstream }: CoreAccess,
  requestId: string,
  call: (procedures: Procedures) => Promise<Output>,
): Promise<Output> {
  const config = { upstream: { ...upstream, maxRetries: 0 }, maxBodyBytes: Number.MAX_SAFE_INTEGER }
  // Silent: only the doctor reports.
  const telemetry = { log: createLog('silent', { write() {} }), metrics: createMetrics(), tracing: undefined }
  const { services, close } = openServices(config, core, telemetry)
  const record = new RequestRecord(telemetry, { surface: 'other', requestId, trace: {} })
  const inbound = {
    requestId,
    record,
    principal: { name: 'doctor' },
    headers: {},
    calls: 1,
    receivedAt: Date.now(),
    disconnectSignal: new AbortController().signal,
  }
  try {
    return await call(appRouter.createCaller({ services, inbound, raw: {} }))
  } finally {
    close()
  }
}

/** E.g. `POST /mcp/sessions/resolve`. */
function getCoreCall(operation: string): string {
  const { core } = listProcedures(appRouter).find((one) => one.operation === operation)?.meta ?? {}
  if (!core) throw new Error(`${operation} makes no call to Core`)
  return `${core.method} ${core.path}`
}

const unknownId = (): string => `doctor-${randomUUID()}`

function checkSizes(
  { max_payload_bytes, preferred_batch_size }: MCPHandshakeResponse,
  maxBodyBytes: number,
): CheckResult {
  if (preferred_batch_size > MAX_BATCH_EVENTS) {
    return warning(
      line`Core prefers batches of ${preferred_batch_size} events, the gateway accepts ${MAX_BATCH_EVENTS}`,
      line`Core’s \`preferred_batch_size\` must be at most ${MAX_BATCH_EVENTS}: larger batches are rejected by the gateway.`,
    )
  }
  const seen = line`bodies up to ${max_payload_bytes} bytes at Core, ${maxBodyBytes} at the gateway`
  if (max_payload_bytes >= maxBodyBytes) return ok(seen)
  return warning(
    seen,
    line`Set MAX_BODY_BYTES=${max_payload_bytes}: otherwise Core rejects bodies that the gateway accepts.`,
  )
}
