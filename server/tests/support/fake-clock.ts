import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LIBRARY = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketimeMT.so.1`

/** Whether libfaketime is installed (Debian's package `faketime`). */
export const hasFakeClock = existsSync(LIBRARY)

/** A wall clock that can be set while a process runs; the monotonic clock is unchanged. */
export interface FakeClock {
  /** For the process's environment. */
  settings: Record<string, string>
  /** Sets the offset from the real time. @param offset e.g. `-1h` */
  set(offset: string): Promise<void>
  remove(): Promise<void>
}

export async function openFakeClock(): Promise<FakeClock> {
  const folder = await mkdtemp(join(tmpdir(), 'achilles-clock-'))
  const file = join(folder, 'offset')
  const set = (offset: string) => writeFile(file, offset)
  await set('+0')
  return {
    settings: {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    set,
    remove: () => rm(folder, { recursive: true }),
  }
}
