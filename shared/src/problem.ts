import * as z from 'zod'

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
  examples: [
    { path: 'events[3].timestamp', message: 'must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00' },
  ],
})
export type ProblemIssue = z.output<typeof ProblemIssue>

/**
 * The one envelope of every error, on every surface.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const Problem = z
  .looseObject({
    type: z.string().describe('A URI reference under `/problems/` that names the kind of problem.'),
    title: z.string().describe('What kind of problem it is, for a person.'),
    status: z.int().describe('The HTTP status.'),
    detail: z.string().describe('What happened, for a person.'),
    code: ProblemCode,
    request_id: z.string().describe('Finds the request in the logs.'),
    retryable: z.boolean().describe('Whether the same call may succeed later.'),
    issues: z.array(ProblemIssue).optional().describe('The faults found in the input, at most 100.'),
    issues_omitted: z.int().min(1).optional().describe('How many faults were found beyond those in `issues`.'),
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
