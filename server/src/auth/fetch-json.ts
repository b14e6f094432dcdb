export interface FetchLimits {
  /** Limit for the complete response, in milliseconds. */
  timeoutMs: number
  /** Limit for the decompressed body, in bytes. */
  maxBytes: number
}

/**
 * Fetches a JSON document. Redirects are not followed.
 * @throws Error if the response has another status than 200, is too large, too late or not JSON.
 */
export async function fetchJson(url: string, { timeoutMs, maxBytes }: FetchLimits): Promise<unknown> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`the response has status ${response.status}`)
  }
  const bytes = await readLimited(response, maxBytes)
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // Not the parser's message, since it quotes the text.
    throw new Error('the response is not JSON')
  }
}

async function readLimited({ body }: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  // An error thrown in the loop cancels the body and closes the connection.
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the response is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
