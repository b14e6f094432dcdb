import * as z from 'zod'

/** Every code of an error of the gateway. */
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
    description: 'Every code of an error of the gateway.',
    examples: ['BAD_REQUEST'],
  })
export type ProblemCode = z.infer<typeof ProblemCode>

/** An issue in an input and its path, e.g. `events[3].timestamp`; the path of the input itself is empty. */
export const ProblemIssue = z.looseObject({ path: z.string(), message: z.string() }).meta({
  id: 'ProblemIssue',
  description: 'An issue in an input and its path; the path of the input itself is empty.',
  examples: [
    { path: 'events[3].timestamp', message: 'must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00' },
  ],
})
export type ProblemIssue = z.output<typeof ProblemIssue>

/**
 * The format of every error, on every surface.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const Problem = z
  .looseObject({
    type: z.string().describe('A URI reference under `/problems/` that identifies the type of problem.'),
    title: z.string().describe('The type of problem, for humans.'),
    status: z.int().describe('The HTTP status.'),
    detail: z.string().describe('What happened, for humans.'),
    code: ProblemCode,
    request_id: z.string().describe('Identifies the request in the logs.'),
    retryable: z.boolean().describe('Whether the same call may succeed later.'),
    issues: z.array(ProblemIssue).optional().describe('The issues found in the input, at most 100.'),
    issues_omitted: z.int().min(1).optional().describe('The number of further issues, not in `issues`.'),
    upstream: z
      .looseObject({ status: z.int(), detail: z.string().optional() })
      .optional()
      .describe('The response of Core, if there was one.'),
  })
  .meta({
    id: 'Problem',
    description: 'The format of every error, on every surface (RFC 9457).',
    examples: [
      {
        type: '/problems/bad-request',
        title: 'Bad request',
        status: 400,
        detail: 'events[3].timestamp: must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00',
        code: 'BAD_REQUEST',
        request_id: '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11',
        retryable: false,
        issues: [
          {
            path: 'events[3].timestamp',
            message: 'must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00',
          },
        ],
      },
    ],
  })
export type Problem = z.output<typeof Problem>
