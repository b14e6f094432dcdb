import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A part of a content in Gemini's API. */
interface Part {
  text?: string
  functionCall?: { name: string; args: Record<string, unknown> }
  functionResponse?: {
    name: string
    response: { content: { text: string }[]; error?: { content: { text: string }[] } }
  }
}

/** The schema of a function's parameters, as JSON Schema or in Gemini's own subset of OpenAPI. */
export interface ParametersSchema {
  type: string
  properties?: Record<string, ParametersSchema>
  items?: ParametersSchema
  required?: string[]
}

export interface GeminiRequest {
  contents: { role: string; parts: Part[] }[]
  tools: {
    functionDeclarations: { name: string; parameters?: ParametersSchema; parametersJsonSchema?: ParametersSchema }[]
  }[]
}

export interface GeminiServer {
  url: string
  /** Requests for content, in order. */
  requests: GeminiRequest[]
  close(): Promise<void>
}

/** A server of Gemini's API, whose model answers each request with one part. */
export async function startGeminiServer(answer: (request: GeminiRequest) => Part): Promise<GeminiServer> {
  const requests: GeminiRequest[] = []
  const server = createServer(async (incoming, response) => {
    const request = (await json(incoming)) as GeminiRequest
    requests.push(request)
    const content = { role: 'model', parts: [answer(request)] }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ candidates: [{ content, finishReason: 'STOP' }] }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
