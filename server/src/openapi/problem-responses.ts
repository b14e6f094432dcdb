import { PROBLEMS, type Problem, type ProblemCode } from '@achilles/mcp-contract'
import { GatewayError, type GatewayErrorOptions } from '../errors/gateway-error.ts'
import { toProblem } from '../errors/to-problem.ts'
import { describeNotLocal } from '../middleware/loopback-only.ts'
import { NotJsonError } from '../upstream/errors.ts'
import { getResponseHeaders } from './headers.ts'
import type { Responses } from './schemas.ts'

interface ProblemResponseSpec {
  status: number | 'default'
  description: string
  examples: Readonly<Record<string, Problem>>
}

const REQUEST_ID = '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11'

const problem = (code: ProblemCode, detail: string, options?: GatewayErrorOptions) =>
  toProblem(new GatewayError(code, detail, options), REQUEST_ID)

const rejectedByCore = (code: ProblemCode, detail: string) =>
  problem(code, detail, { upstream: { status: PROBLEMS[code].status, detail } })

const timestamp = {
  path: 'events[3].timestamp',
  message: 'must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00',
}
const workspace = { path: 'workspace_id', message: 'my-extension has no access to workspace ws-secret' }

const PROBLEM_RESPONSE_SPECS: Readonly<Record<string, ProblemResponseSpec>> = {
  BadRequest: {
    status: 400,
    description:
      'The request is not valid. `issues` has up to 100 issues with their paths, `issues_omitted` counts the others. Nothing was forwarded.',
    examples: {
      field: problem('BAD_REQUEST', `${timestamp.path}: ${timestamp.message}`, { issues: [timestamp] }),
    },
  },
  Unauthorized: {
    status: 401,
    description: 'The API key or token is missing or not valid.',
    examples: {
      noCredentials: problem('UNAUTHORIZED', 'A valid API key or access token is required as a bearer token.'),
    },
  },
  Forbidden: {
    status: 403,
    description:
      'The caller may not access the workspace; or the gateway has no credentials configured and the caller is not local.',
    examples: {
      workspace: problem('FORBIDDEN', `${workspace.path}: ${workspace.message}`, { issues: [workspace] }),
      notLocal: problem('FORBIDDEN', describeNotLocal('Host', 'gateway.example.com')),
    },
  },
  NotFound: {
    status: 404,
    description: 'The resource does not exist.',
    examples: { session: rejectedByCore('NOT_FOUND', 'session ses_8c41 is unknown') },
  },
  Conflict: {
    status: 409,
    description: 'The request conflicts with the state of the resource.',
    examples: { session: rejectedByCore('CONFLICT', 'another request changed session ses_8c41 at the same time') },
  },
  PayloadTooLarge: {
    status: 413,
    description:
      'The body, compressed or decompressed, exceeds the gateway’s limit (see `max_payload_bytes`) or has more than 250,000 JSON tokens: commas, colons, opening brackets and braces.',
    examples: {
      gateway: problem('PAYLOAD_TOO_LARGE', 'The body is larger than the limit of 5242880 bytes.'),
    },
  },
  UnsupportedMediaType: {
    status: 415,
    description: 'The `content-type` is not JSON, or the `content-encoding` is not gzip.',
    examples: {
      contentType: problem('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json, not text/plain.'),
    },
  },
  UnprocessableContent: {
    status: 422,
    description: 'The request matches its schema, but Core rejects it.',
    examples: {
      core: rejectedByCore('UNPROCESSABLE_CONTENT', 'idempotency-key: was used before with another body'),
    },
  },
  TooManyRequests: {
    status: 429,
    description: 'The rate limit is exceeded. Wait for the time in `Retry-After`.',
    examples: { rate: problem('TOO_MANY_REQUESTS', 'More than 6000 calls a minute.') },
  },
  InternalServerError: {
    status: 500,
    description: 'Internal error in the gateway.',
    examples: { internal: toProblem(undefined, REQUEST_ID) },
  },
  BadGateway: {
    status: 502,
    description:
      'Core failed, or something other than Core responded (`BAD_GATEWAY`); or its response violates the contract (`CORE_CONTRACT_VIOLATION`).',
    examples: {
      failed: problem('BAD_GATEWAY', 'Core answered with status 500.', { upstream: { status: 500 } }),
      foreign: toProblem(new NotJsonError(404), REQUEST_ID),
      contract: problem('CORE_CONTRACT_VIOLATION', 'Core’s response violates the contract: session_id: required'),
    },
  },
  ServiceUnavailable: {
    status: 503,
    description: 'Core is unreachable or its circuit is open, the queue is full, or the gateway is stopping.',
    examples: { unreachable: problem('SERVICE_UNAVAILABLE', 'Core cannot be reached (ECONNREFUSED).') },
  },
  GatewayTimeout: {
    status: 504,
    description:
      'Core did not respond in time. A write may have been processed: repeat it with the same `idempotency-key`.',
    examples: { late: problem('GATEWAY_TIMEOUT', 'Core did not answer in time.') },
  },
  OtherRefusal: {
    status: 'default',
    description: 'Any other error from Core, in the same format.',
    examples: { core: rejectedByCore('CONFLICT', 'the session has ended') },
  },
}

export const PROBLEM_RESPONSES: Responses = Object.fromEntries(
  Object.entries(PROBLEM_RESPONSE_SPECS).map(([name, spec]) => [name, toResponse(spec)]),
)

function toResponse({ status, description, examples }: ProblemResponseSpec): Responses[string] {
  return {
    description,
    headers: getResponseHeaders(status),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])),
      },
    },
  }
}

export function problemResponseRef(status: number | 'default', description?: string): { $ref: string } {
  const [name] = Object.entries(PROBLEM_RESPONSE_SPECS).find(([, spec]) => spec.status === status) ?? []
  if (name === undefined) throw new Error(`no problem response has status ${status}`)
  return { $ref: `#/components/responses/${name}`, ...(description !== undefined && { description }) }
}
