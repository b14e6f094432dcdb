import { existsSync } from 'node:fs'
import { access, constants, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { PGlite } from '@electric-sql/pglite'
import { extract } from 'tar'
import { describeError, JSON_OID } from './database.ts'

/** A cluster with all tables, which are empty; written by `npm run empty-database`. */
export const EMPTY_DATABASE = fileURLToPath(new URL('../assets/empty-database.tar.gz', import.meta.url))

const UNFINISHED = 'core.creating-'
/** A file in a folder whose cluster is not complete. */
const MARKER = 'unfinished'

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
    await writeFile(join(unfinished, MARKER), '')
    // In strict mode a file that cannot be written is an error. A thousand files take half the time without promises.
    extract({ file: EMPTY_DATABASE, cwd: unfinished, strict: true, sync: true })
    await rm(join(unfinished, MARKER))
    await rmdir(folder).catch(() => {})
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}

async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const path = join(dataDir, name)
    if (name.startsWith(UNFINISHED) && existsSync(join(path, MARKER))) await rm(path, { recursive: true })
  }
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

/**
 * V8's optimizing compiler takes 600 MB for one of PostgreSQL's functions, as soon as a Core starts (Node 24). The
 * baseline compiler costs 20 % more CPU a batch (docs/decisions/071-memory-of-the-embedded-core.md).
 */
const BASELINE_COMPILER = ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']

const SETTINGS = [
  // PostgreSQL's own cache: what is beyond it is in the cache of the operating system. The default is 128 MB.
  'shared_buffers=16MB',
  // Nothing analyzes the tables of PGlite. Without statistics the planner takes a large session for a small one and reads
  // all of it, where an index would find some rows.
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
].flatMap((setting) => ['-c', setting])

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
    for (const flag of BASELINE_COMPILER) setFlagsFromString(flag)
    const client = await PGlite.create(folder, {
      parsers: { [JSON_OID]: (text) => text },
      startParams: [...PGlite.defaultStartParams, ...SETTINGS],
      onStderr,
    })
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
