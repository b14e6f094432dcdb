import type { Spool, SpoolEntry } from '../../spool.ts'

/** Events of one session, about 100 bytes each, whose ids begin with `prefix`. */
export const fakeEvents = (prefix: string, count: number): SpoolEntry[] =>
  Array.from({ length: count }, (_, index) => {
    const id = `${prefix}${String(index).padStart(4, '0')}`
    return { session: 's', id, kind: 'event', json: JSON.stringify({ event_id: id, text: 'x'.repeat(50) }) }
  })

export const fakeOpening = (session = 's', text = ''): SpoolEntry => ({
  session,
  id: 'opening',
  kind: 'opening',
  json: JSON.stringify({ session, text }),
})

export async function recoverAll(spool: Spool): Promise<SpoolEntry[]> {
  const all: SpoolEntry[] = []
  for (;;) {
    const events = await spool.recover()
    if (events.length === 0) return all
    all.push(...events)
  }
}
