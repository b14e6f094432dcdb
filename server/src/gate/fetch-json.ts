/** What a fetch may take. */
export interface FetchLimits {
  /** Milliseconds until the whole response must have arrived. */
  timeoutMs: number
  /** Bytes of the response's body, unpacked. */
  maxBytes: number
}

/**
 * Fetches a JSON document. Redirects are not followed.
 * @throws Error where the response is another status than 200, too large, too late or no JSON.
 */
export async function fetchJson(url: string, { timeoutMs, maxBytes }: FetchLimits): Promise<unknown> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`the response has status ${response.status}`)
  }
  const bytes = await readBounded(response, maxBytes)
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // The parser's own message quotes the text.
    throw new Error('the response is not JSON')
  }
}

async function readBounded({ body }: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop by an error cancels the body, and so closes the connection.
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the response is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
