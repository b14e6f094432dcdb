import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSpool } from '@achilles/mcp-client/node'
import { openAchilles } from './achilles.ts'
import type { EventRecorder } from './recorder.ts'

/** Every event is synced to disk before a flush resolves. */
export async function openAchillesFileSpool(url: string): Promise<EventRecorder> {
  const dir = await mkdtemp(join(tmpdir(), 'client-bench-'))
  const recorder = await openAchilles(url, { spool: fileSpool(dir) })
  return {
    ...recorder,
    async close() {
      await recorder.close()
      await rm(dir, { recursive: true })
    },
  }
}
