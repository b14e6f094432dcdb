import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

/** A file system on which every access blocks, like a network mount whose server is gone. */
export interface DeadMount {
  /** Fails the blocked accesses and unmounts, so that the original folder is visible again. */
  remove(): void
}

/**
 * Mounts a dead file system over the folder at `path`; logs a line and returns undefined if the platform does not permit
 * it.
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
  // Nothing reads the file system's requests, so none gets a response.
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
