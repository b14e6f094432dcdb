import { createServer, type IncomingMessage } from 'node:http'
import { INSIGHTS, SESSION } from './answers.ts'
import { resultsFor } from './results-for.ts'

/**
 * A Core that costs next to nothing, for what is measured in front of it: it holds nobody up and keeps nothing. Answers
 * are ready-made; those for events name the very events that came. Listens on `PORT` of loopback.
 */
const ANSWERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
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
  const body = await collect(request)
  const answer = ANSWERS[request.url ?? '']?.(body)
  response.writeHead(answer ? 200 : 404, {
    'content-type': 'application/json',
    'content-length': answer?.length ?? 0,
  })
  response.end(answer)
})
server.keepAliveTimeout = 0
server.listen(Number(process.env.PORT), '127.0.0.1')

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}
