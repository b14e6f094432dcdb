import { closeSync, openSync } from 'node:fs'
import { fileSpool } from '../file-spool.ts'
import type { SpoolAnswer, SpoolCall } from './spool-process.ts'
import { recoverAll } from './spooled-events.ts'

// Entry point of a child process: a spool that executes its parent's commands until it is killed.
const [dir = ''] = process.argv.slice(2)
const spool = fileSpool(dir, { segmentBytes: 1_000 })
const taken: number[] = []

process.on('message', async ({ id, method, events }: SpoolCall) => {
  try {
    if (method === 'append') await spool.append(events)
    if (method === 'takeDescriptors') takeDescriptors()
    if (method === 'freeDescriptors') for (const descriptor of taken.splice(0)) closeSync(descriptor)
    answer({ id, events: method === 'recoverAll' ? await recoverAll(spool) : [] })
  } catch (error) {
    answer({ id, events: [], error: (error as Error).message })
  }
})
process.on('disconnect', () => process.exit())
answer({ id: 0, events: [] })

function answer(message: SpoolAnswer): void {
  process.send?.(message)
}

function takeDescriptors(): void {
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {}
}
