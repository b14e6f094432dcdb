import { NotJsonError, OversizedResponseError } from '../../core/core-error.ts'
import { GatewayError } from '../../problem/gateway-error.ts'
import { type Finding, fault } from './finding.ts'

/** A call to Core that failed. */
export interface FailedCall {
  /** E.g. `GET /mcp/health`. */
  call: string
  requestId: string
  /** What one attempt may take, in milliseconds. */
  timeoutMs: number
}

const MOST_ISSUES = 3

/**
 * What a failed call tells of Core, and what to do about it.
 * @throws what was thrown, where it is no failure of Core's.
 */
export function explainFailure(error: unknown, failed: FailedCall): Finding {
  if (!(error instanceof GatewayError)) throw error
  const { problem, upstream } = error
  // A redirect is a fault of the address, whoever sends it.
  const isRedirect = upstream !== undefined && upstream.status < 400
  if (error instanceof OversizedResponseError || (error instanceof NotJsonError && !isRedirect)) {
    return fault(
      `${failed.call}: ${error.message}`,
      'ACHILLES_BASE_URL must be where Core is. Does a proxy respond there?',
    )
  }
  if (upstream) return explainStatus(upstream, failed)
  if (problem === 'CORE_CONTRACT_VIOLATION') return explainViolation(error, failed)
  if (problem === 'GATEWAY_TIMEOUT') {
    const advice = `Core must answer within HTTP_TIMEOUT_SECONDS (${failed.timeoutMs / 1000}). Is it overloaded, or does something between drop what is sent?`
    return { ...fault(`${failed.call} was not answered in time`, advice), ends: true }
  }
  if (problem === 'SERVICE_UNAVAILABLE') return { ...explainConnection(error.cause, failed), ends: true }
  throw error
}

function explainStatus({ status, detail }: { status: number; detail?: string }, { call, requestId }: FailedCall) {
  const seen = `${call} was answered with ${status}${detail === undefined ? '' : `: ${detail}`}`
  if (status === 401) {
    return {
      ...fault(seen, 'ACHILLES_API_KEY must be the key that Core wants; it refuses this one.'),
      ends: true as const,
    }
  }
  return fault(seen, adviceFor(status, call, requestId))
}

function adviceFor(status: number, call: string, requestId: string): string {
  if (status < 400) return 'Redirects are not followed: ACHILLES_BASE_URL must be where Core itself is.'
  if (status === 403) return 'Core knows the key and refuses it this call: the gateway needs them all.'
  if (status === 404 || status === 405) {
    return `ACHILLES_BASE_URL must be what ${call.split(' ')[1]} is appended to. Is it, with its path, and is this a Core?`
  }
  if (status === 429) return 'Core takes no more calls for now: try again later, and give the gateway a higher rate.'
  if (status >= 500) return `Core failed: its log should tell why, by the request id ${requestId}.`
  return `docs/core-openapi.json says what ${call} must answer.`
}

function explainViolation({ issues = [], message }: GatewayError, { call }: FailedCall): Finding {
  const told = issues
    .slice(0, MOST_ISSUES)
    .map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message))
  const more = issues.length > MOST_ISSUES ? ` (and ${issues.length - MOST_ISSUES} more)` : ''
  const seen = told.length > 0 ? `${call} breaks the contract: ${told.join('; ')}${more}` : `${call}: ${message}`
  return fault(seen, `docs/core-openapi.json says what ${call} must answer. Is it Core that answers there?`)
}

function explainConnection(cause: unknown, { call }: FailedCall): Finding {
  const { code = '', message = '' } = (cause ?? {}) as NodeJS.ErrnoException
  return fault(`${call}: Core cannot be reached (${message || code})`, adviceForConnection(code))
}

function adviceForConnection(code: string): string {
  if (code === 'ECONNREFUSED') return 'Nothing listens there. Is Core running, and ACHILLES_BASE_URL its address?'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return 'The name of the host in ACHILLES_BASE_URL is not known here.'
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return 'What listens there does not speak TLS: should ACHILLES_BASE_URL begin with http://?'
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)) {
    return 'Its certificate is not trusted here. NODE_EXTRA_CA_CERTS names a file of further authorities.'
  }
  return 'Is ACHILLES_BASE_URL the address of Core, and does nothing between break the connection?'
}
