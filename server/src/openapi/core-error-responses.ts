import { PROBLEMS } from '@achilles/mcp-contract'
import type { CoreOperation } from '../procedures/list-procedures.ts'
import { RETRIED_STATUSES } from '../upstream/client.ts'
import { PASSED_ON } from '../upstream/errors.ts'
import type { Headers, Responses, SchemaObject } from './schemas.ts'

export const CORE_ERROR_SCHEMA: SchemaObject = {
  type: 'object',
  description: 'An error response of Core.',
  properties: {
    detail: {
      description: 'A text for people, or a list of errors in FastAPI’s format. Passed on to the caller.',
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'object' } }],
    },
  },
  additionalProperties: true,
  examples: [{ detail: 'session ses_8c41 is unknown' }],
}

export const CORE_RESPONSE_HEADERS = {
  RetryAfter: {
    description:
      'When to retry, in seconds or as a date. The gateway never retries earlier; if the time exceeds its deadline, the caller gets the error with this header immediately.',
    schema: { type: 'string' },
    example: '2',
  },
} satisfies Headers

interface ErrorSpec {
  status: number | 'default'
  meaning: string
  detail: string
}

const NAMED_ERRORS: Readonly<Record<string, ErrorSpec & { status: number }>> = {
  BadRequest: { status: 400, meaning: 'Core cannot parse the body.', detail: 'the body is not JSON' },
  Unauthorized: {
    status: 401,
    meaning: 'The bearer key is not valid.',
    detail: 'a valid bearer key is required',
  },
  Forbidden: {
    status: 403,
    meaning: 'The caller may not access the resource.',
    detail: 'session ses_8c41 belongs to a workspace that my-extension may not reach',
  },
  NotFound: {
    status: 404,
    meaning: 'The resource does not exist.',
    detail: 'session ses_8c41 is unknown',
  },
  Conflict: {
    status: 409,
    meaning: 'The request conflicts with the state of the resource.',
    detail: 'another request changed session ses_8c41 at the same time',
  },
  PayloadTooLarge: {
    status: 413,
    meaning: 'The body exceeds Core’s limit, the handshake’s `max_payload_bytes`.',
    detail: 'the body is larger than 5242880 bytes',
  },
  UnprocessableContent: {
    status: 422,
    meaning: 'The request is well-formed but cannot be processed.',
    detail: 'idempotency-key: was used before with another body',
  },
  TooManyRequests: { status: 429, meaning: 'Core’s rate limit is exceeded.', detail: 'too many requests' },
  InternalServerError: { status: 500, meaning: 'Core failed.', detail: 'internal error' },
  ServiceUnavailable: {
    status: 503,
    meaning: 'Core is temporarily unavailable.',
    detail: 'the database is restarting',
  },
}

const named = new Set(Object.values(NAMED_ERRORS).map(({ status }) => status))
const otherRetried = RETRIED_STATUSES.filter((status) => !named.has(status)).join(', ')

const ERROR_SPECS: Readonly<Record<string, ErrorSpec>> = {
  ...NAMED_ERRORS,
  OtherRefusal: {
    status: 'default',
    meaning: `Any other error. After ${otherRetried} the gateway retries.`,
    detail: 'not implemented',
  },
}

export const CORE_ERROR_RESPONSES: Responses = Object.fromEntries(
  Object.entries(ERROR_SPECS).map(([name, { status, meaning, detail }]) => [
    name,
    {
      description: `${meaning} ${describeOutcome(status)}`,
      ...((status === 429 || status === 503) && {
        headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
      }),
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/CoreRefusal' }, example: { detail } },
      },
    },
  ]),
)

function describeOutcome(status: ErrorSpec['status']): string {
  const code = (status !== 'default' && PASSED_ON[status]) || 'BAD_GATEWAY'
  const outcome = `the caller gets \`${PROBLEMS[code].status}\` with \`${code}\``
  const isRetried = status !== 'default' && RETRIED_STATUSES.includes(status)
  return isRetried ? `The gateway retries; finally ${outcome}.` : `Then ${outcome}.`
}

export function getCoreErrorResponses({ rest, procedure, writes }: CoreOperation): Responses {
  const takesBody = procedure._def.inputs.length > 0
  const statuses = [401, 403, 429, 500, 503, ...(takesBody ? [400, 413, 422] : []), ...(writes ? [409] : [])]
  const own = Object.entries(rest.errorResponses ?? {})
  return {
    ...Object.fromEntries(statuses.map((status) => [status, refTo(status)])),
    ...Object.fromEntries(own.map(([status, description]) => [status, { ...refTo(Number(status)), description }])),
    default: refTo('default'),
  }
}

function refTo(status: ErrorSpec['status']): { $ref: string } {
  const [name] = Object.entries(ERROR_SPECS).find(([, spec]) => spec.status === status) ?? []
  if (name === undefined) throw new Error(`no error response has status ${status}`)
  return { $ref: `#/components/responses/${name}` }
}
