import type { Spool, SpooledEvent } from '../../spool.ts'

/** Events of one session, about 100 bytes each, whose ids begin with `prefix`. */
export const fakeEvents = (prefix: string, count: number): SpooledEvent[] =>
  Array.from({ length: count }, (_, index) => {
    const event_id = `${prefix}${String(index).padStart(4, '0')}`
    return { session_id: 's', event_id, json: JSON.stringify({ event_id, text: 'x'.repeat(50) }) }
  })

export async function recoverAll(spool: Spool): Promise<SpooledEvent[]> {
  const all: SpooledEvent[] = []
  for (;;) {
    const events = await spool.recover()
    if (events.length === 0) return all
    all.push(...events)
  }
}
