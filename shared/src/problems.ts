import type { ProblemCode } from './problem.ts'

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
