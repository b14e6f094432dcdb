import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Removed when the test ends. */
export async function temporaryDir(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'file-spool-')))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
