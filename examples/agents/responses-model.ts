import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** An item of OpenAI's Responses API with which the model answers. */
export type ResponseItem = Readonly<Record<string, unknown>>

export interface ScriptedModel {
  url: string
  close(): Promise<void>
}

const DONE = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'done' }] }

/** A model that answers with one item after the other, and then that it is done; it speaks the Responses API. */
export async function startResponsesModel(items: readonly ResponseItem[]): Promise<ScriptedModel> {
  let requests = 0
  const server = createServer(async (incoming, outgoing) => {
    await buffer(incoming)
    if (incoming.method !== 'POST' || !incoming.url?.endsWith('/responses')) return outgoing.end('{}')
    const id = `response-${requests}`
    const item = items[requests++] ?? DONE
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 10 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 120,
    }
    const send = (type: string, data: object) =>
      outgoing.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
    outgoing.setHeader('content-type', 'text/event-stream')
    send('response.created', { response: { id } })
    send('response.output_item.done', { item })
    send('response.completed', { response: { id, usage } })
    return outgoing.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
