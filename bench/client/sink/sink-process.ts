import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import type { Endpoint } from './endpoint.ts'
import { GATEWAY_ENDPOINTS } from './gateway-endpoints.ts'
import { OTLP_ENDPOINT } from './otlp-endpoint.ts'
import { POSTHOG_ENDPOINT } from './posthog-endpoint.ts'
import type { SinkQuestion } from './start-sink.ts'

/** A server in a process of its own that takes the events of every recorder, counts them, and does what its parent says. */
const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  ...GATEWAY_ENDPOINTS,
  '/batch/': POSTHOG_ENDPOINT,
  '/v1/logs': OTLP_ENDPOINT,
}

const arrived = new Set<number>()
let bytes = 0
let held: (() => void)[] | undefined
let onHeld = () => {}

const server = createServer(async (request, response) => {
  const endpoint = ENDPOINTS[request.url ?? '']
  if (!endpoint) {
    response.writeHead(404).end()
    return
  }
  const body = await bodyOf(request)
  for (const sequence of endpoint.sequencesIn(body)) arrived.add(sequence)
  const answer = () => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(endpoint.answerTo(body)))
  }
  if (!held) return answer()
  held.push(answer)
  onHeld()
})

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const sent = await buffer(request)
  bytes += sent.length
  return JSON.parse(String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent))
}

const answerParent = (answer: unknown = null) => process.send?.({ answer })

const ON_QUESTION: Readonly<Record<SinkQuestion, () => void>> = {
  arrived: () => answerParent({ events: arrived.size, bytes }),
  hold() {
    held = []
    answerParent()
  },
  untilHeld() {
    onHeld = answerParent
    if (held?.length) onHeld()
  },
  release() {
    for (const answer of held ?? []) answer()
    held = undefined
    onHeld = () => {}
    answerParent()
  },
}

process.on('message', (question: SinkQuestion) => ON_QUESTION[question]())
process.once('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
