import { fdatasync, fsync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'

export const getErrorCode = (error: unknown) =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined

/** The errors of file systems without such a sync, e.g. network and FUSE file systems. */
const UNSUPPORTED: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM'])

// By descriptor: the file handles of Yarn's Plug'n'Play have neither `sync` nor `datasync`.
const syncData = promisify(fdatasync)
const syncAll = promisify(fsync)

export async function syncFile({ fd }: FileHandle): Promise<void> {
  await skipUnsupported(syncData(fd))
}

/** A new file survives a crash only with its directory entry. Windows neither has nor needs this sync. */
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
