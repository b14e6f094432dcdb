import type { Headers } from './openapi-types.ts'

/** The headers that an answer may bear, as components. */
export const ANSWER_HEADERS = {
  RequestId: {
    description: 'The request’s id, the caller’s own where it sent a usable one.',
    required: true,
    schema: { type: 'string' },
    example: '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11',
  },
  RateLimit: {
    description: 'Calls left (`r`) and seconds until the rate is whole again (`t`); where the gateway sets a rate.',
    schema: { type: 'string' },
    example: '"default";r=5999;t=60',
  },
  RateLimitPolicy: {
    description: 'The rate: calls (`q`) in a window of seconds (`w`); where the gateway sets one.',
    schema: { type: 'string' },
    example: '"default";q=6000;w=60',
  },
  RetryAfter: {
    description: 'Seconds to wait before the call is repeated; Core’s own value may be a date.',
    schema: { type: 'string' },
    example: '2',
  },
  Challenge: {
    description: 'How to authenticate, and for JWT where to learn who issues them (RFC 9728).',
    schema: { type: 'string' },
    example: 'Bearer realm="achilles"',
  },
} satisfies Headers

const refTo = (name: keyof typeof ANSWER_HEADERS) => ({ $ref: `#/components/headers/${name}` })

/** The headers of an answer with this status. */
export const answerHeadersOf = (status: number | 'default'): Headers => ({
  'x-request-id': refTo('RequestId'),
  RateLimit: refTo('RateLimit'),
  'RateLimit-Policy': refTo('RateLimitPolicy'),
  ...((status === 429 || status === 503 || status === 'default') && { 'Retry-After': refTo('RetryAfter') }),
  ...(status === 401 && { 'WWW-Authenticate': refTo('Challenge') }),
})
