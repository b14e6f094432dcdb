import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

function mount(...options: string[]): string {
  const dir = mkdtempSync(join(tmpdir(), 'file-spool-tmpfs-'))
  execFileSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', dir], { stdio: 'ignore' })
  return dir
}

function unmount(dir: string): void {
  execFileSync('umount', ['-l', dir])
  rmdirSync(dir)
}

/** For tests: whether this process may mount a tmpfs; where it may not, a line says that tests are skipped. */
export const canMount = (() => {
  try {
    unmount(mount('-o', 'size=16k'))
    return true
  } catch {
    process.stdout.write('no tmpfs can be mounted here: the tests of full disks are skipped\n')
    return false
  }
})()

/** For tests: an empty file system of `size`, e.g. `160k`, that goes when the test ends. */
export function tmpfs(size: string): string {
  const dir = mount('-o', `size=${size}`)
  onTestFinished(() => unmount(dir))
  return dir
}

/** For tests: takes all the space that is left in a file system, with the file `filler`. */
export function fillUp(dir: string): void {
  const { bavail, bsize } = statfsSync(dir)
  writeFileSync(join(dir, 'filler'), Buffer.alloc(bavail * bsize))
}

/** For tests: lets nothing be written in a file system, or lets it again. */
export function setReadOnly(dir: string, isReadOnly: boolean): void {
  execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, dir])
}
