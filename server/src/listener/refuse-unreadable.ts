import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { acceptRequestId } from '../gate/request-id.ts'
import { badRequest, GatewayError } from '../problem/gateway-error.ts'
import { problemResponse } from '../problem/problem-response.ts'
import { toProblem } from '../problem/to-problem.ts'

/** How long a peer has to read a rejection before its connection is destroyed, whether it closes its half or not. */
const LINGER_MS = 1_000

/** Answers a request that HTTP allows and nothing can be done with, such as one for an impossible host. */
export function refuseRequest(error: unknown): Response {
  const requestId = acceptRequestId(undefined)
  const message = error instanceof Error ? error.message : 'the request cannot be read'
  return problemResponse(badRequest([{ path: '', message }]), requestId, {
    'x-request-id': requestId,
    connection: 'close',
  })
}

const REFUSALS: Readonly<Record<string, [status: number, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The chunk extensions are too large.'],
}

/** Answers bytes that are no HTTP, too slow or too many: by hand, since there is no request; and hangs up. */
export function refuseBytes({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, title, headers, body } = rejection(REFUSALS[code] ?? [400, 'This is not an HTTP request.'])
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${head.join('')}\r\n${body}`)
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}

/** Rejects a request with an `Expect` header that is not `100-continue`. */
export function rejectExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const { status, headers, body } = rejection([417, 'The only expectation that is met is 100-continue.'])
  response.writeHead(status, headers).end(body)
}

function rejection([status, detail]: [status: number, detail: string]) {
  const requestId = acceptRequestId(undefined)
  const title = STATUS_CODES[status]
  const body = JSON.stringify({ ...toProblem(new GatewayError('BAD_REQUEST', detail), requestId), status, title })
  const headers = {
    'x-request-id': requestId,
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
  }
  return { status, title, headers, body }
}
