import { NotJsonError, OversizedResponseError } from '../../core/core-error.ts'
import { GatewayError } from '../../problem/gateway-error.ts'
import { type Finding, fault } from './finding.ts'
import { type Line, line, ownWords } from './line.ts'

/** A call to Core that failed. */
export interface FailedCall {
  /** Its method and path, e.g. `GET /mcp/health`. */
  call: Line
  /** The path of that. */
  path: Line
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
      line`${failed.call}: ${ownWords(error.message)}`,
      line`ACHILLES_BASE_URL must be where Core is. Does a proxy respond there?`,
    )
  }
  if (upstream) return explainStatus(upstream, failed)
  if (problem === 'CORE_CONTRACT_VIOLATION') return explainViolation(error, failed)
  if (problem === 'GATEWAY_TIMEOUT') {
    const advice = line`Core must answer within HTTP_TIMEOUT_SECONDS (${failed.timeoutMs / 1000}). Is it overloaded, or does something between drop what is sent?`
    return { ...fault(line`${failed.call} was not answered in time`, advice), ends: true }
  }
  if (problem === 'SERVICE_UNAVAILABLE') return { ...explainConnection(error.cause, failed), ends: true }
  throw error
}

function explainStatus({ status, detail }: { status: number; detail?: string }, failed: FailedCall) {
  const said = detail === undefined ? [] : line`: ${detail}`
  const seen = line`${failed.call} was answered with ${status}${said}`
  if (status === 401) {
    return {
      ...fault(seen, line`ACHILLES_API_KEY must be the key that Core wants; it refuses this one.`),
      ends: true as const,
    }
  }
  return fault(seen, adviceFor(status, failed))
}

function adviceFor(status: number, { call, path, requestId }: FailedCall): Line {
  if (status < 400) return line`Redirects are not followed: ACHILLES_BASE_URL must be where Core itself is.`
  if (status === 403) return line`Core knows the key and refuses it this call: the gateway needs them all.`
  if (status === 404 || status === 405) {
    return line`ACHILLES_BASE_URL must be what ${path} is appended to. Is it, with its path, and is this a Core?`
  }
  if (status === 429)
    return line`Core takes no more calls for now: try again later, and give the gateway a higher rate.`
  if (status >= 500) return line`Core failed: its log should tell why, by the request id ${ownWords(requestId)}.`
  return line`docs/core-openapi.json says what ${call} must answer.`
}

function explainViolation({ issues = [], message }: GatewayError, { call }: FailedCall): Finding {
  // Core names the keys of a path; what is wrong there is said by the schema.
  const told = issues
    .slice(0, MOST_ISSUES)
    .map(({ path, message }) => (path ? line`${path}: ${ownWords(message)}` : ownWords(message)))
  const more = issues.length > MOST_ISSUES ? ` (and ${issues.length - MOST_ISSUES} more)` : ''
  const list = told.flatMap((one, index) => (index > 0 ? line`; ${one}` : one))
  const seen =
    told.length > 0 ? line`${call} breaks the contract: ${list}${ownWords(more)}` : line`${call}: ${ownWords(message)}`
  return fault(seen, line`docs/core-openapi.json says what ${call} must answer. Is it Core that answers there?`)
}

function explainConnection(cause: unknown, { call }: FailedCall): Finding {
  const { code = '', message = '' } = (cause ?? {}) as NodeJS.ErrnoException
  return fault(line`${call}: Core cannot be reached (${message || code})`, adviceForConnection(code))
}

function adviceForConnection(code: string): Line {
  if (code === 'ECONNREFUSED') return line`Nothing listens there. Is Core running, and ACHILLES_BASE_URL its address?`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return line`The name of the host in ACHILLES_BASE_URL is not known here.`
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return line`What listens there does not speak TLS: should ACHILLES_BASE_URL begin with http://?`
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)) {
    return line`Its certificate is not trusted here. NODE_EXTRA_CA_CERTS names a file of further authorities.`
  }
  return line`Is ACHILLES_BASE_URL the address of Core, and does nothing between break the connection?`
}
