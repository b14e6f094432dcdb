import { GatewayError } from '../../errors/gateway-error.ts'
import { NotJsonError, OversizedResponseError } from '../../upstream/errors.ts'
import { type CheckResult, fault, type Line, line, literal } from './check-result.ts'

export interface FailedCall {
  call: Line
  path: Line
  requestId: string
  /** For one attempt. */
  timeoutMs: number
}

const MAX_ISSUES_SHOWN = 3

/** @throws the error itself if it is not a failure of Core. */
export function explainFailure(error: unknown, failed: FailedCall): CheckResult {
  if (!(error instanceof GatewayError)) throw error
  const { problem, upstream } = error
  // A redirect means that ACHILLES_BASE_URL is wrong, even if a proxy sends it.
  const isRedirect = upstream !== undefined && upstream.status < 400
  if (error instanceof OversizedResponseError || (error instanceof NotJsonError && !isRedirect)) {
    return fault(
      line`${failed.call}: ${literal(error.message)}`,
      line`ACHILLES_BASE_URL must be the URL of Core. Does a proxy respond there?`,
    )
  }
  if (upstream) return explainStatus(upstream, failed)
  if (problem === 'CORE_CONTRACT_VIOLATION') return explainViolation(error, failed)
  if (problem === 'GATEWAY_TIMEOUT') {
    const advice = line`Core must respond within HTTP_TIMEOUT_SECONDS (${failed.timeoutMs / 1000}). Is it overloaded, or does a firewall drop packets?`
    return { ...fault(line`${failed.call} got no response in time`, advice), stopsCoreChecks: true }
  }
  if (problem === 'SERVICE_UNAVAILABLE') return { ...explainConnection(error.cause, failed), stopsCoreChecks: true }
  throw error
}

function explainStatus({ status, detail }: { status: number; detail?: string }, failed: FailedCall) {
  const suffix = detail === undefined ? [] : line`: ${detail}`
  const seen = line`${failed.call} responded with ${status}${suffix}`
  if (status === 401) {
    return {
      ...fault(seen, line`Core rejects this key: set ACHILLES_API_KEY to the right one.`),
      stopsCoreChecks: true as const,
    }
  }
  return fault(seen, adviceFor(status, failed))
}

function adviceFor(status: number, { call, path, requestId }: FailedCall): Line {
  if (status < 400) return line`Redirects are not followed: ACHILLES_BASE_URL must be the URL of Core itself.`
  if (status === 403) return line`Core accepts the key but forbids this call: the gateway needs access to every call.`
  if (status === 404 || status === 405) {
    return line`${path} is appended to ACHILLES_BASE_URL. Is its path right, and is this a Core?`
  }
  if (status === 429) return line`Core’s rate limit is exceeded: try again later, and raise the limit for the gateway.`
  if (status >= 500) return line`Core failed: search its log for the request id ${literal(requestId)}.`
  return line`See docs/core-openapi.json for the responses of ${call}.`
}

function explainViolation({ issues = [], message }: GatewayError, { call }: FailedCall): CheckResult {
  // Paths contain keys from Core's response, so they are values. The messages are the schema's.
  const shown = issues
    .slice(0, MAX_ISSUES_SHOWN)
    .map(({ path, message }) => (path ? line`${path}: ${literal(message)}` : literal(message)))
  const more = issues.length > MAX_ISSUES_SHOWN ? ` (and ${issues.length - MAX_ISSUES_SHOWN} more)` : ''
  const list = shown.flatMap((one, index) => (index > 0 ? line`; ${one}` : one))
  const seen =
    shown.length > 0 ? line`${call} violates the contract: ${list}${literal(more)}` : line`${call}: ${literal(message)}`
  return fault(seen, line`See docs/core-openapi.json for the responses of ${call}. Is it Core that responds there?`)
}

function explainConnection(cause: unknown, { call }: FailedCall): CheckResult {
  const { code = '', message = '' } = (cause ?? {}) as NodeJS.ErrnoException
  return fault(line`${call}: Core cannot be reached (${message || code})`, adviceForConnection(code))
}

function adviceForConnection(code: string): Line {
  if (code === 'ECONNREFUSED')
    return line`Nothing listens there. Is Core running, and is ACHILLES_BASE_URL its address?`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return line`The host name in ACHILLES_BASE_URL cannot be resolved.`
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return line`The server there does not use TLS: should ACHILLES_BASE_URL start with http://?`
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)) {
    return line`Its certificate is not trusted. Set NODE_EXTRA_CA_CERTS to a file with the certificate authority.`
  }
  return line`Is ACHILLES_BASE_URL the address of Core? Does a proxy or firewall close the connection?`
}

/** Returns the message of the cause, since fetch's own is always the same. */
export function getFetchError(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message
}
