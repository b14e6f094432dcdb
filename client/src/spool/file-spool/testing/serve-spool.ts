import { fileSpool } from '../file-spool.ts'
import { recoverAll } from './recover-all.ts'
import type { SpoolAnswer, SpoolCall } from './spool-process.ts'

// A spool in a process of its own: answers what its parent asks, and lives until it is killed.
const [dir = ''] = process.argv.slice(2)
const spool = fileSpool(dir, { segmentBytes: 1_000 })

process.on('message', async ({ id, method, events }: SpoolCall) => {
  try {
    if (method === 'append') await spool.append(events)
    answer({ id, events: method === 'append' ? [] : await recoverAll(spool) })
  } catch (error) {
    answer({ id, events: [], error: (error as Error).message })
  }
})
process.on('disconnect', () => process.exit())
answer({ id: 0, events: [] })

function answer(message: SpoolAnswer): void {
  process.send?.(message)
}
