import type { MCPEvent } from '@achilles/mcp-contract'

const DIGITS = 8
const PLACEHOLDER = '#'.repeat(DIGITS)

/**
 * Creates batches of `size` events, about 540 bytes each. Reuses one buffer and writes new ids into it, since building a
 * batch would cost more than serving it: send a body before you request the next.
 * @param wrap adds an envelope around the batch's JSON
 */
export function batchBodies(connection: number, size: number, wrap = (json: string) => json): () => Buffer {
  const events = Array.from({ length: size }, (_, index) => createEvent(`evt-${connection}-${index}-${PLACEHOLDER}`))
  const body = Buffer.from(wrap(JSON.stringify({ events })))
  const places: number[] = []
  for (let at = body.indexOf(PLACEHOLDER); at !== -1; at = body.indexOf(PLACEHOLDER, at + DIGITS)) places.push(at)
  let sent = 0
  return () => {
    const number = String(sent++).padStart(DIGITS, '0')
    for (const settings of places) body.write(number, settings, 'latin1')
    return body
  }
}

const createEvent = (event_id: string): MCPEvent => ({
  event_id,
  event_type: 'file_edited',
  source_type: 'ide',
  session_id: 'ses_8c41f0aa27d2',
  timestamp: '2026-03-02T09:04:11.250Z',
  workspace_id: 'ws-checkout',
  user_id: 'ada',
  file_path: 'src/checkout/cart/line-items.ts',
  language: 'typescript',
  duration_ms: 1840,
  attribution_source: 'human',
  attribution_confidence: 0.98,
  metadata_: { editor: 'vscode', branch: 'feature/line-items' },
  payload: {
    lines_added: 12,
    lines_removed: 3,
    ranges: [
      { start: 41, end: 48 },
      { start: 97, end: 101 },
    ],
    note: 'extracts the sum of a line',
  },
})
