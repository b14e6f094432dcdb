/** One kind of call; rejects where the gateway does not do as expected. */
export interface SoakCall {
  name: string
  make(): Promise<unknown>
}

/** Where to call, and the session that calls are about. */
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
