import { toGatewayError, toProblem } from './to-problem.ts'

/** Any error as `application/problem+json`. */
export function problemResponse(error: unknown, requestId: string, headers: Record<string, string> = {}): Response {
  const problem = toProblem(error, requestId)
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...toGatewayError(error).headers,
      ...headers,
    },
  })
}
