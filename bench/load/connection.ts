import { Client } from 'undici'

/** One keep-alive connection with one call at a time. */
export interface Connection {
  /**
   * Makes a call; resolves with the milliseconds until the end of the response.
   * @throws Error with the beginning of the body if the status is not 200.
   */
  call(path: string, body: Buffer): Promise<number>
  close(): Promise<void>
}

/** The number of characters of the body in such an error. */
const QUOTED_CHARACTERS = 200

/** Opens a connection to the server at `url`; every call has `headers`. */
export function openConnection(url: string, headers: Readonly<Record<string, string>>): Connection {
  const client = new Client(url, { pipelining: 1, bodyTimeout: 60_000, headersTimeout: 60_000 })
  return {
    call: (path, body) =>
      new Promise((resolve, reject) => {
        const startedAt = performance.now()
        let status = 0
        let errorText = ''
        client.dispatch(
          { path, method: 'POST', headers, body },
          {
            // Its presence makes undici use the new handler interface.
            onRequestStart() {},
            onResponseStart(_controller, statusCode) {
              status = statusCode
            },
            onResponseData(_controller, chunk) {
              if (status !== 200 && errorText.length < QUOTED_CHARACTERS) errorText += chunk.toString()
            },
            onResponseEnd() {
              if (status === 200) resolve(performance.now() - startedAt)
              else reject(new Error(`${url}${path} responded with ${status}: ${errorText.slice(0, QUOTED_CHARACTERS)}`))
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
