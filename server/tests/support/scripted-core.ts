import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

interface SeenRequest {
  method: string
  /** Exactly as in the request line. */
  url: string
  headers: IncomingHttpHeaders
  text: string
  at: number
}

export type Script = (request: SeenRequest, response: ServerResponse, attempt: number) => void

/** A Core controlled by the test: a real HTTP server on a free loopback port. */
export interface ScriptedCore {
  url: string
  /** Every request since the last `answer`. */
  seen: SeenRequest[]
  sockets: ReadonlySet<Socket>
  /** Sets the script for later requests and clears the recorded ones. */
  answer(script: Script): void
  close(): Promise<void>
}

/** Responds with a status and a body; text is sent as it is, anything else as JSON. */
export const reply =
  (status: number, body: unknown, headers: Record<string, string> = {}): Script =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

/** Runs the scripts in order, one per request; the last one repeats. */
export const inTurn =
  (...scripts: [Script, ...Script[]]): Script =>
  (request, response, attempt) =>
    (scripts[Math.min(attempt, scripts.length) - 1] ?? scripts[0])(request, response, attempt)

export async function startScriptedCore(): Promise<ScriptedCore> {
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  let script: Script = reply(404, { detail: 'nothing scripted' })

  const server = createServer((request, response) => {
    void readText(request).then((text) => {
      const { method = '', url = '', headers } = request
      const one = { method, url, headers, text, at: performance.now() }
      seen.push(one)
      script(one, response, seen.length)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    sockets,
    answer(next) {
      script = next
      seen.length = 0
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
