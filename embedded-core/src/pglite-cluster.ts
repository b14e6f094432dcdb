import { access, constants, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { describeError, JSON_OID } from './database.ts'

const UNFINISHED = 'core.creating-'

/** Creates a cluster in an empty or missing folder. @throws Error with what is wrong with any other folder. */
export async function prepareCluster(dataDir: string, folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    if (error.code === 'ENOTDIR') throw new Error('it is a file, not a folder')
    throw error
  })
  if (entries.length === 0) return createCluster(dataDir, folder)
  if (!entries.includes('PG_VERSION')) throw new Error('it is not empty and has no file PG_VERSION')
  for (const name of ['.', 'PG_VERSION', 'postgresql.conf', 'global/pg_control']) {
    await access(join(folder, name), constants.R_OK | constants.W_OK)
  }
}

/** Renames a complete cluster, so that one whose creation was interrupted is never opened. */
async function createCluster(dataDir: string, folder: string): Promise<void> {
  await removeUnfinished(dataDir)
  const unfinished = await mkdtemp(join(dataDir, UNFINISHED))
  try {
    await (await openPgliteClient(unfinished, () => {})).close()
    await rmdir(folder).catch(() => {})
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}

async function removeUnfinished(dataDir: string): Promise<void> {
  for (const entry of await readdir(dataDir, { withFileTypes: true })) {
    const path = join(dataDir, entry.name)
    if (entry.isDirectory() && entry.name.startsWith(UNFINISHED) && (await holdsNoData(path))) {
      await rm(path, { recursive: true })
    }
  }
}

const CLUSTER_ENTRY = /^(PG_VERSION|base|global|pg_\w+(\.conf)?|postgresql(\.auto)?\.conf|postmaster\.\w+)$/

// PostgreSQL gives its own tables lower object ids (FirstNormalObjectId).
const FIRST_TABLE = 16_384

/** True for a complete or partial cluster without user tables and without foreign files. */
async function holdsNoData(folder: string): Promise<boolean> {
  if (!(await readdir(folder)).every((name) => CLUSTER_ENTRY.test(name))) return false
  const files = await readdir(join(folder, 'base'), { recursive: true }).catch(() => [])
  return files.every((path) => !(Number.parseInt(path.split(/[/\\]/).at(-1) ?? '', 10) >= FIRST_TABLE))
}

/** The file system errors that an operator can fix, by their WASI numbers. */
const FILE_SYSTEM_ERRORS: Readonly<Record<number, string>> = {
  2: 'EACCES: permission denied',
  19: 'EDQUOT: disk quota exceeded',
  29: 'EIO: input/output error',
  51: 'ENOSPC: no space left on device',
  63: 'EPERM: operation not permitted',
  69: 'EROFS: read-only file system',
}

/** @param onFailure called when the instance fails later; PGlite then settles no query any more */
export async function openPgliteClient(folder: string, onFailure: (reason: string) => void): Promise<PGlite> {
  const messages: string[] = []
  let isOpen = false
  const onStderr = (line: string) => {
    const [, level, message] = /\b(PANIC|FATAL|DETAIL): +(.+)/.exec(line) ?? []
    const isFailure = level === 'PANIC' || level === 'FATAL'
    if (message !== undefined && isFailure !== messages.length > 0) messages.push(message.replace(/\.$/, ''))
    if (isOpen && isFailure) onFailure(messages.join(': '))
    // False: PGlite must not print the line.
    return false
  }
  try {
    const client = await PGlite.create(folder, { parsers: { [JSON_OID]: (text) => text }, onStderr })
    isOpen = true
    return client
  } catch (cause) {
    throw new Error(messages.length > 0 ? messages.join(': ') : describeFailure(cause), { cause })
  }
}

function describeFailure(error: unknown): string {
  const { errno } = Object(error) as { errno?: number }
  return (errno !== undefined && FILE_SYSTEM_ERRORS[errno]) || `PGlite: ${describeError(error)}`
}
