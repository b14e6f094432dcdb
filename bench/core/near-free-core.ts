import { createServer, type IncomingMessage } from 'node:http'
import { INSIGHTS, resultsFor, SESSION } from './responses.ts'

// A Core that costs almost nothing, so that the server in front of it is measured. It stores nothing.
const RESPONSES: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  '/mcp/handshake': () => HANDSHAKE,
  '/mcp/sessions': () => SESSION_BYTES,
  '/signals/insights': () => INSIGHTS_BYTES,
  '/signals/events/batch': resultsFor,
}

const SESSION_BYTES = Buffer.from(JSON.stringify(SESSION))
const INSIGHTS_BYTES = Buffer.from(JSON.stringify(INSIGHTS))
const HANDSHAKE = Buffer.from(
  JSON.stringify({
    server_name: 'near-free Core',
    server_version: '1',
    mcp_session_token: 'a-token',
    preferred_batch_size: 1000,
    max_payload_bytes: 5 * 1024 * 1024,
    features: {},
  }),
)

const server = createServer(async (request, response) => {
  const body = await readBody(request)
  const responseBody = RESPONSES[request.url ?? '']?.(body)
  response.writeHead(responseBody ? 200 : 404, {
    'content-type': 'application/json',
    'content-length': responseBody?.length ?? 0,
  })
  response.end(responseBody)
})
server.keepAliveTimeout = 0
server.listen(Number(process.env.PORT), '127.0.0.1')

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}
