/** One kind of call; rejects if the gateway's response is not as expected. */
export interface SoakCall {
  name: string
  make(): Promise<unknown>
}

/** The gateway to call, and the session of the calls. */
export interface SoakTarget {
  url: string
  session_id: string
  external_session_key: string
}

export const expectStatus = (expected: number) => async (answer: Response) => {
  const text = await answer.text()
  if (answer.status !== expected) throw new Error(`${answer.url}: ${answer.status} where ${expected} was due: ${text}`)
  return text
}
