import type { CompleteEvent } from '@achilles/mcp-contract'

const START = Date.parse('2026-03-02T09:00:00Z')

/** Creates the event with a number; the same number gives the same event. */
export function chaosEvent(index: number, session_id: string): CompleteEvent {
  return {
    event_id: `chaos-${index}`,
    event_type: 'file_edited',
    source_type: 'ide',
    session_id,
    timestamp: new Date(START + index * 1000).toISOString(),
    file_path: `src/file-${index % 50}.ts`,
    payload: payloadOf(index),
  }
}

/** The payload of the event with a number, from fifty bytes to some kilobytes. */
export function payloadOf(index: number) {
  return {
    index,
    share: index / 7,
    text: 'Ünï "quoted" \\ 🦔\u0000\n'.repeat(index % 97),
    nested: [{ odd: index % 2 === 1 }],
  }
}
