import { Client } from 'undici'

/** One kept-alive connection that makes a call at a time. */
export interface Connection {
  /**
   * Makes a call; resolves with the milliseconds from sending it to the end of its answer.
   * @throws Error with how its body begins where the answer is none of 200.
   */
  call(path: string, body: Buffer): Promise<number>
  close(): Promise<void>
}

/** How much of an answer that is none of 200 an error tells. */
const QUOTED_CHARACTERS = 200

/** Opens a connection to the server at `url`; `headers` go with every call. */
export function openConnection(url: string, headers: Readonly<Record<string, string>>): Connection {
  const client = new Client(url, { pipelining: 1, bodyTimeout: 60_000, headersTimeout: 60_000 })
  return {
    call: (path, body) =>
      new Promise((resolve, reject) => {
        const startedAt = performance.now()
        let status = 0
        let refusal = ''
        client.dispatch(
          { path, method: 'POST', headers, body },
          {
            // By this undici knows that the handler is not of its older kind.
            onRequestStart() {},
            onResponseStart(_controller, statusCode) {
              status = statusCode
            },
            onResponseData(_controller, chunk) {
              if (status !== 200 && refusal.length < QUOTED_CHARACTERS) refusal += chunk.toString()
            },
            onResponseEnd() {
              if (status === 200) resolve(performance.now() - startedAt)
              else reject(new Error(`${url}${path} answered ${status}: ${refusal.slice(0, QUOTED_CHARACTERS)}`))
            },
            onResponseError(_controller, error) {
              reject(error)
            },
          },
        )
      }),
    close: () => client.close(),
  }
}
