import { PROBLEMS } from '@achilles/mcp-contract'
import { RETRIED_STATUSES } from '../../../core/core-client.ts'
import { PASSED_ON } from '../../../core/core-error.ts'
import type { Headers, Responses, SchemaObject } from '../openapi-types.ts'
import type { CoreOperation } from './core-operations.ts'

/** What Core says when it refuses. */
export const CORE_REFUSAL: SchemaObject = {
  type: 'object',
  description: 'Why Core refuses.',
  properties: {
    detail: {
      description: 'In words for a person, or as a list of faults, as FastAPI writes it. The caller gets it.',
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'object' } }],
    },
  },
  additionalProperties: true,
  examples: [{ detail: 'session ses_8c41 is unknown' }],
}

/** The headers that matter in a refusal, as components. */
export const CORE_ANSWER_HEADERS = {
  RetryAfter: {
    description:
      'When to try again, in seconds or as a date. The gateway never comes back before; where that does not fit its deadline, the caller gets the refusal with this header at once.',
    schema: { type: 'string' },
    example: '2',
  },
} satisfies Headers

interface Refusal {
  status: number | 'default'
  meaning: string
  detail: string
}

const NAMED: Readonly<Record<string, Refusal & { status: number }>> = {
  BadRequest: { status: 400, meaning: 'The body is not what Core can read.', detail: 'the body is not JSON' },
  Unauthorized: {
    status: 401,
    meaning: 'The bearer key is not the one that Core wants.',
    detail: 'a valid bearer key is required',
  },
  Forbidden: {
    status: 403,
    meaning: 'The caller may not reach what it names.',
    detail: 'session ses_8c41 belongs to a workspace that my-extension may not reach',
  },
  NotFound: {
    status: 404,
    meaning: 'What the request names does not exist.',
    detail: 'session ses_8c41 is unknown',
  },
  Conflict: {
    status: 409,
    meaning: 'Core holds something that contradicts the request.',
    detail: 'another request changed session ses_8c41 at the same time',
  },
  PayloadTooLarge: {
    status: 413,
    meaning: 'The body is larger than Core takes, which the handshake’s `max_payload_bytes` tells.',
    detail: 'the body is larger than 5242880 bytes',
  },
  UnprocessableContent: {
    status: 422,
    meaning: 'The request can be read, but not be done.',
    detail: 'idempotency-key: was used before with another body',
  },
  TooManyRequests: { status: 429, meaning: 'More than Core takes for now.', detail: 'too many requests' },
  InternalServerError: { status: 500, meaning: 'Core failed.', detail: 'internal error' },
  ServiceUnavailable: { status: 503, meaning: 'Core cannot answer for now.', detail: 'the database is restarting' },
}

const named = new Set(Object.values(NAMED).map(({ status }) => status))
const otherRetried = RETRIED_STATUSES.filter((status) => !named.has(status)).join(', ')

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ...NAMED,
  OtherRefusal: {
    status: 'default',
    meaning: `Anything else. After ${otherRetried} the gateway tries again.`,
    detail: 'the feature is not there yet',
  },
}

/** Every refusal, as components. */
export const CORE_REFUSALS: Responses = Object.fromEntries(
  Object.entries(REFUSALS).map(([name, { status, meaning, detail }]) => [
    name,
    {
      description: `${meaning} ${fateOf(status)}`,
      ...((status === 429 || status === 503) && {
        headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
      }),
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/CoreRefusal' }, example: { detail } },
      },
    },
  ]),
)

/** What the gateway makes of it. */
function fateOf(status: Refusal['status']): string {
  const code = (status !== 'default' && PASSED_ON[status]) || 'BAD_GATEWAY'
  const fate = `the caller gets \`${PROBLEMS[code].status}\` with \`${code}\``
  const isRetried = status !== 'default' && RETRIED_STATUSES.includes(status)
  return isRetried ? `The gateway tries again; in the end ${fate}.` : `Then ${fate}.`
}

/** The refusals that an operation may answer with; a `404` in the operation's own words. */
export function coreRefusalsOf({ rest, procedure, writes }: CoreOperation): Responses {
  const takesBody = procedure._def.inputs.length > 0
  const statuses = [401, 403, 429, 500, 503, ...(takesBody ? [400, 413, 422] : []), ...(writes ? [409] : [])]
  const own = Object.entries(rest.errorResponses ?? {})
  return {
    ...Object.fromEntries(statuses.map((status) => [status, refTo(status)])),
    ...Object.fromEntries(own.map(([status, words]) => [status, { ...refTo(Number(status)), description: words }])),
    default: refTo('default'),
  }
}

function refTo(status: Refusal['status']): { $ref: string } {
  const [name] = Object.entries(REFUSALS).find(([, refusal]) => refusal.status === status) ?? []
  if (name === undefined) throw new Error(`There is no refusal with status ${status}`)
  return { $ref: `#/components/responses/${name}` }
}
