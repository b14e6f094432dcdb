import { PROBLEMS, type Problem, type ProblemCode } from '@achilles/mcp-contract'
import { NotJsonError } from '../../core/core-error.ts'
import { GatewayError, type GatewayErrorOptions } from '../../problem/gateway-error.ts'
import { toProblem } from '../../problem/to-problem.ts'

/** What an answer with a problem means, and such answers as the gateway really makes them. */
export interface ProblemAnswer {
  status: number | 'default'
  description: string
  examples: Readonly<Record<string, Problem>>
}

const REQUEST_ID = '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11'

const problem = (code: ProblemCode, detail: string, options?: GatewayErrorOptions) =>
  toProblem(new GatewayError(code, detail, options), REQUEST_ID)

const refusedByCore = (code: ProblemCode, detail: string) =>
  problem(code, detail, { upstream: { status: PROBLEMS[code].status, detail } })

const timestamp = {
  path: 'events[3].timestamp',
  message: 'must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00',
}
const workspace = { path: 'workspace_id', message: 'my-extension has no access to workspace ws-secret' }

/** Every answer that is a problem, by its component’s name. */
export const PROBLEM_ANSWERS: Readonly<Record<string, ProblemAnswer>> = {
  BadRequest: {
    status: 400,
    description:
      'The request is not valid; `issues` holds the faults with their paths, at most 100; `issues_omitted` counts the others. Nothing was forwarded.',
    examples: {
      field: problem('BAD_REQUEST', `${timestamp.path}: ${timestamp.message}`, { issues: [timestamp] }),
    },
  },
  Unauthorized: {
    status: 401,
    description: 'No API key or token, or none that the gateway knows.',
    examples: {
      stranger: problem('UNAUTHORIZED', 'This gateway wants an API key or a token that it knows, as a bearer token.'),
    },
  },
  Forbidden: {
    status: 403,
    description: 'The caller may not reach that workspace; or the gateway has no credentials and serves local callers.',
    examples: {
      workspace: problem('FORBIDDEN', `${workspace.path}: ${workspace.message}`, { issues: [workspace] }),
      notLocal: problem('FORBIDDEN', 'Without credentials this gateway serves only local callers.'),
    },
  },
  NotFound: {
    status: 404,
    description: 'What the request names does not exist.',
    examples: { session: refusedByCore('NOT_FOUND', 'session ses_8c41 is unknown') },
  },
  Conflict: {
    status: 409,
    description: 'Core holds something that contradicts the request.',
    examples: { session: refusedByCore('CONFLICT', 'another request changed session ses_8c41 at the same time') },
  },
  PayloadTooLarge: {
    status: 413,
    description:
      'The body, as sent or unpacked, is larger than the gateway takes (see `max_payload_bytes`), or holds more than 250,000 JSON tokens: commas, colons, opening brackets and braces.',
    examples: {
      gateway: problem('PAYLOAD_TOO_LARGE', 'The body is larger than the 5242880 bytes that the gateway takes.'),
    },
  },
  UnsupportedMediaType: {
    status: 415,
    description: 'The body is not JSON by its `content-type`, or packed in another way than gzip.',
    examples: {
      contentType: problem('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json, not text/plain.'),
    },
  },
  UnprocessableContent: {
    status: 422,
    description: 'The request is valid for the gateway; Core refuses it.',
    examples: {
      core: refusedByCore('UNPROCESSABLE_CONTENT', 'idempotency-key: was used before with another body'),
    },
  },
  TooManyRequests: {
    status: 429,
    description: 'The caller’s rate is used up. Wait as long as `Retry-After` says.',
    examples: { rate: problem('TOO_MANY_REQUESTS', 'More than 6000 calls a minute.') },
  },
  InternalServerError: {
    status: 500,
    description: 'A fault of the gateway’s own.',
    examples: { fault: toProblem(undefined, REQUEST_ID) },
  },
  BadGateway: {
    status: 502,
    description:
      'Core failed, or something other than Core responded (`BAD_GATEWAY`); or its answer breaks the contract (`CORE_CONTRACT_VIOLATION`).',
    examples: {
      failed: problem('BAD_GATEWAY', 'Core answered with status 500.', { upstream: { status: 500 } }),
      foreign: toProblem(new NotJsonError(404), REQUEST_ID),
      contract: problem(
        'CORE_CONTRACT_VIOLATION',
        'Core’s answer breaks the contract: session_id: Invalid input: expected string, received undefined',
      ),
    },
  },
  ServiceUnavailable: {
    status: 503,
    description: 'Core cannot be reached or has failed too often, too many calls wait, or the gateway is stopping.',
    examples: { unreachable: problem('SERVICE_UNAVAILABLE', 'Core cannot be reached (ECONNREFUSED).') },
  },
  GatewayTimeout: {
    status: 504,
    description: 'Core did not answer in time. A write may have been done: repeat it with the same `idempotency-key`.',
    examples: { late: problem('GATEWAY_TIMEOUT', 'Core did not answer in time.') },
  },
  OtherRefusal: {
    status: 'default',
    description: 'Any other refusal of Core’s is passed on in the same envelope.',
    examples: { core: refusedByCore('CONFLICT', 'the session has ended') },
  },
}
