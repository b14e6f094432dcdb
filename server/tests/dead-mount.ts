import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

/** A file system at which every access waits, as one of a server that is gone. */
export interface DeadMount {
  /** Ends the waiting with an error, and makes what was below the mount visible again. */
  remove(): void
}

/**
 * For tests: puts a dead file system over the folder at `path`; undefined, with a line that says so, where the platform
 * does not permit it.
 */
export function mountDead(path: string): DeadMount | undefined {
  const mount = tryToMount(path)
  if (!mount) process.stderr.write('skipped: a dead file system cannot be mounted here\n')
  return mount
}

function tryToMount(path: string): DeadMount | undefined {
  let fuse: number
  try {
    fuse = openSync('/dev/fuse', 'r+')
  } catch {
    return undefined
  }
  // Nobody reads the file system's requests, so none is ever answered.
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0'
  const { status } = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'dead', path], {
    stdio: ['ignore', 'ignore', 'ignore', fuse],
  })
  if (status !== 0) {
    closeSync(fuse)
    return undefined
  }
  return {
    remove() {
      closeSync(fuse)
      spawnSync('umount', ['-l', path])
    },
  }
}
