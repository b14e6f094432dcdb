import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A request that an exporter of telemetry sent. */
export interface SentTelemetry {
  path: string
  contentType: string
  body: Buffer
  /** Whether the gateway ever accepted this body; an exporter may send it several times. */
  isAccepted: boolean
}

/** A proxy on a port of its own that keeps what passes to the gateway, so that a lost export is known. */
export interface RecordingProxy {
  url: string
  sent: readonly SentTelemetry[]
  close(): Promise<void>
}

export async function startRecordingProxy(gatewayUrl: string): Promise<RecordingProxy> {
  const sent = new Map<string, SentTelemetry>()
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming)
    const path = incoming.url ?? ''
    const key = `${path} ${body.toString('base64')}`
    const telemetry = sent.get(key) ?? {
      path,
      contentType: incoming.headers['content-type'] ?? '',
      body,
      isAccepted: false,
    }
    sent.set(key, telemetry)
    try {
      const response = await forward(gatewayUrl, incoming, body)
      const answer = await buffer(response)
      if (response.statusCode === 200) telemetry.isAccepted = true
      outgoing.writeHead(response.statusCode ?? 502, response.headers)
      outgoing.end(answer)
    } catch {
      // As if the gateway had no proxy before it: the exporter sees a lost connection.
      outgoing.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    get sent() {
      return [...sent.values()]
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function forward(gatewayUrl: string, { url = '', method, headers }: IncomingMessage, body: Buffer) {
  const { host: _, connection: __, ...kept } = headers
  const forwarded = request(new URL(url, gatewayUrl), { method, headers: kept, agent: false })
  forwarded.end(body)
  const [response] = await once(forwarded, 'response')
  return response as IncomingMessage
}
