import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { acceptRequestId } from '../gate/request-id.ts'
import { badRequest, GatewayError } from '../problem/gateway-error.ts'
import { problemResponse } from '../problem/problem-response.ts'
import { toProblem } from '../problem/to-problem.ts'

/** Answers a request that HTTP allows and nothing can be done with, such as one for an impossible host. */
export function refuseRequest(error: unknown): Response {
  const requestId = acceptRequestId(undefined)
  const message = error instanceof Error ? error.message : 'the request cannot be read'
  return problemResponse(badRequest([{ path: '', message }]), requestId, { 'x-request-id': requestId })
}

const REFUSALS: Readonly<Record<string, [status: number, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large.'],
}

/** Answers bytes that are no HTTP, too slow or too many: by hand, since there is no request; and hangs up. */
export function refuseBytes({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, detail] = REFUSALS[code] ?? [400, 'This is not an HTTP request.']
  const requestId = acceptRequestId(undefined)
  const title = STATUS_CODES[status]
  const body = JSON.stringify({ ...toProblem(new GatewayError('BAD_REQUEST', detail), requestId), status, title })
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nx-request-id: ${requestId}\r\nconnection: close\r\n` +
      `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
