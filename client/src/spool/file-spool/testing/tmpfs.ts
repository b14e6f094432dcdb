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

export const canMount = (() => {
  try {
    unmount(mount('-o', 'size=16k'))
    return true
  } catch {
    process.stdout.write('no tmpfs can be mounted here: the tests of full disks are skipped\n')
    return false
  }
})()

/** An empty file system of `size`, e.g. `160k`, that is unmounted when the test ends. */
export function tmpfs(size: string): string {
  const dir = mount('-o', `size=${size}`)
  onTestFinished(() => unmount(dir))
  return dir
}

/** Uses up the free space, but for `left` bytes, with the file `filler`. */
export function fillUp(dir: string, left = 0): void {
  const { bavail, bsize } = statfsSync(dir)
  writeFileSync(join(dir, 'filler'), Buffer.alloc(bavail * bsize - left))
}

export function setReadOnly(dir: string, isReadOnly: boolean): void {
  execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, dir])
}
