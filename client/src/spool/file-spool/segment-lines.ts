import { sessionIn } from '../event-identity.ts'
import type { SpooledEvent } from '../spool.ts'

const NEWLINE = 0x0a
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Writes each event as one line of JSON, which holds any string exactly, newlines and lone surrogates too. */
export function writeLines(events: readonly SpooledEvent[]): Buffer {
  return Buffer.from(
    events.map(({ session_id, event_id, json }) => `${JSON.stringify({ session_id, event_id, json })}\n`).join(''),
  )
}

/** Reads what can be read; a last line cut short is no damage, being all that a crash in mid-write leaves. */
export function readLines(content: Buffer): { events: SpooledEvent[]; damaged: boolean } {
  const events: SpooledEvent[] = []
  let damaged = false
  let start = 0
  while (start < content.length) {
    const newline = content.indexOf(NEWLINE, start)
    const end = newline < 0 ? content.length : newline
    const event = readLine(content.subarray(start, end))
    if (event) events.push(event)
    else if (newline >= 0) damaged = true
    start = end + 1
  }
  return { events, damaged }
}

function readLine(line: Buffer): SpooledEvent | undefined {
  try {
    const { session_id, event_id, json } = JSON.parse(UTF8.decode(line)) as Partial<Record<keyof SpooledEvent, unknown>>
    if (typeof event_id !== 'string' || typeof json !== 'string') return undefined
    return { session_id: typeof session_id === 'string' ? session_id : sessionIn(json), event_id, json }
  } catch {
    return undefined
  }
}
