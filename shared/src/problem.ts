import { z } from 'zod'

/** Every code that an error of the gateway's can have. */
export const ProblemCode = z
  .enum([
    'BAD_REQUEST',
    'UNAUTHORIZED',
    'FORBIDDEN',
    'NOT_FOUND',
    'METHOD_NOT_SUPPORTED',
    'CONFLICT',
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'UNPROCESSABLE_CONTENT',
    'TOO_MANY_REQUESTS',
    'INTERNAL_SERVER_ERROR',
    'BAD_GATEWAY',
    'CORE_CONTRACT_VIOLATION',
    'SERVICE_UNAVAILABLE',
    'GATEWAY_TIMEOUT',
  ])
  .meta({
    id: 'ProblemCode',
    description: 'Every code that an error of the gateway’s can have.',
    examples: ['BAD_REQUEST'],
  })
export type ProblemCode = z.infer<typeof ProblemCode>

/** One fault of an input, at its path, e.g. `events[3].timestamp`; the input itself is the empty path. */
export const ProblemIssue = z.looseObject({ path: z.string(), message: z.string() }).meta({
  id: 'ProblemIssue',
  description: 'One fault of an input, at its path; the input itself is the empty path.',
  examples: [{ path: 'events[3].timestamp', message: 'must be ISO 8601 with Z or an offset' }],
})
export type ProblemIssue = z.output<typeof ProblemIssue>

/**
 * The one envelope of every error, on every surface.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const Problem = z
  .looseObject({
    type: z.string().describe('A URI reference under `/problems/` that names the kind of problem.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What happened, for a person.'),
    code: ProblemCode,
    request_id: z.string(),
    retryable: z.boolean().describe('Whether the same call may succeed later.'),
    issues: z.array(ProblemIssue).optional().describe('Every fault found in the input.'),
    upstream: z
      .looseObject({ status: z.int(), detail: z.string().optional() })
      .optional()
      .describe('What Core answered, where it did.'),
  })
  .meta({
    id: 'Problem',
    description: 'The one envelope of every error, on every surface (RFC 9457).',
    examples: [
      {
        type: '/problems/bad-request',
        title: 'Bad request',
        status: 400,
        detail: 'events[3].timestamp: must be ISO 8601 with Z or an offset',
        code: 'BAD_REQUEST',
        request_id: '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11',
        retryable: false,
        issues: [{ path: 'events[3].timestamp', message: 'must be ISO 8601 with Z or an offset' }],
      },
    ],
  })
export type Problem = z.output<typeof Problem>

/** What each code always means. */
export const PROBLEMS: Readonly<Record<ProblemCode, { status: number; title: string; retryable: boolean }>> = {
  BAD_REQUEST: { status: 400, title: 'Bad request', retryable: false },
  UNAUTHORIZED: { status: 401, title: 'Unauthorized', retryable: false },
  FORBIDDEN: { status: 403, title: 'Forbidden', retryable: false },
  NOT_FOUND: { status: 404, title: 'Not found', retryable: false },
  METHOD_NOT_SUPPORTED: { status: 405, title: 'Method not allowed', retryable: false },
  CONFLICT: { status: 409, title: 'Conflict', retryable: false },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'Payload too large', retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Unsupported media type', retryable: false },
  UNPROCESSABLE_CONTENT: { status: 422, title: 'Unprocessable content', retryable: false },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests', retryable: true },
  INTERNAL_SERVER_ERROR: { status: 500, title: 'Internal server error', retryable: false },
  BAD_GATEWAY: { status: 502, title: 'Bad gateway', retryable: true },
  CORE_CONTRACT_VIOLATION: { status: 502, title: 'Core broke the contract', retryable: false },
  SERVICE_UNAVAILABLE: { status: 503, title: 'Service unavailable', retryable: true },
  GATEWAY_TIMEOUT: { status: 504, title: 'Gateway timeout', retryable: true },
}
