import { createParser } from 'eventsource-parser'

interface StreamEvent {
  id: string | undefined
  event: string | undefined
  data: string
}

/** A stream of server-sent events that a test reads. */
export interface ReadStream {
  response: Response
  events: StreamEvent[]
  comments: string[]
  retries: number[]
  /** Everything received so far. */
  text: string
  /** Resolves when the stream has ended, also if its connection was lost. */
  ended: Promise<void>
  close(): void
}

export async function openStream(url: string, headers: Record<string, string> = {}): Promise<ReadStream> {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  const stream: ReadStream = {
    ...{ response, events: [], comments: [], retries: [], text: '' },
    ended: Promise.resolve(),
    close: () => abort.abort(),
  }
  const parser = createParser({
    onEvent: ({ id, event, data }) => stream.events.push({ id, event, data }),
    onComment: (comment) => stream.comments.push(comment),
    onRetry: (ms) => stream.retries.push(ms),
  })
  const read = async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      const text = decoder.decode(chunk, { stream: true })
      stream.text += text
      parser.feed(text)
    }
  }
  stream.ended = read().catch(() => {})
  return stream
}

export const idsOf = ({ events }: ReadStream): string[] =>
  events.flatMap(({ id, event }) => (event === 'status' || id === undefined ? [] : [id]))
