import { fdatasync, fsync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'

/** The system's code of an error, e.g. `ENOENT`. */
export const getErrorCode = (error: unknown) =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined

/** What a file system answers that has no such sync: network and FUSE file systems, and Windows for directories. */
const UNSUPPORTED: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM'])

// By descriptor: the file handles of Yarn's Plug'n'Play implement neither `sync` nor `datasync`.
const syncData = promisify(fdatasync)
const syncAll = promisify(fsync)

/** Brings what was written to disk, as far as the file system can. */
export async function syncFile({ fd }: FileHandle): Promise<void> {
  await skipUnsupported(syncData(fd))
}

/** The bytes of a new file are safe only with its name. Windows has no such sync and needs none. */
export async function syncDir(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const dir = await open(path, 'r')
  try {
    await skipUnsupported(syncAll(dir.fd))
  } finally {
    await dir.close()
  }
}

async function skipUnsupported(sync: Promise<void>): Promise<void> {
  try {
    await sync
  } catch (error) {
    if (!UNSUPPORTED.has(getErrorCode(error))) throw error
  }
}
