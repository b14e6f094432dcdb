import type { Spool, SpooledEvent } from '../../spool.ts'

/** For tests: recovers until there is nothing left. */
export async function recoverAll(spool: Spool): Promise<SpooledEvent[]> {
  const all: SpooledEvent[] = []
  for (;;) {
    const events = await spool.recover()
    if (events.length === 0) return all
    all.push(...events)
  }
}
