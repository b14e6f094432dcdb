import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Something between a client and its gateway: a real HTTP server that forwards, except for what it answers itself. */
export interface Intermediary {
  url: string
  /** Requests that it answered itself since the last `intercept`. */
  readonly intercepted: number
  /** Answers the next `times` requests to the paths that match; forwards all others. */
  intercept(path: RegExp, listener: RequestListener, times?: number): void
  close(): Promise<void>
}

/** @param onResponse may change the gateway's response, which has headers only at that time */
export async function startIntermediary(
  gatewayUrl: string,
  onResponse: (incoming: IncomingMessage, response: IncomingMessage) => void = () => {},
): Promise<Intermediary> {
  let path: RegExp | undefined
  let answer: RequestListener = () => {}
  let left = 0
  let intercepted = 0
  const server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming
    if (left > 0 && path?.test(url)) {
      left--
      intercepted++
      incoming.resume().once('end', () => answer(incoming, outgoing))
      return
    }
    const onward = request(gatewayUrl + url, { method, headers }, (response) => {
      onResponse(incoming, response)
      outgoing.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(outgoing)
    })
    onward.once('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get intercepted() {
      return intercepted
    },
    intercept(matching, listener, times = 1) {
      path = matching
      answer = listener
      left = times
      intercepted = 0
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
