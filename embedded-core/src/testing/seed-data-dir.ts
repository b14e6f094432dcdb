import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, realpath, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { MIGRATIONS } from '../database.ts'
import { openDatabase } from '../open-database.ts'

/** Copies a migrated, empty database; much faster than creating it at the first start. */
export async function seedDataDir(dataDir: string): Promise<void> {
  await cp(await templateDataDir(), dataDir, { recursive: true })
}

/** Created once per machine for each version of PGlite and of the migrations. */
async function templateDataDir(): Promise<string> {
  const path = join(await realpath(tmpdir()), `achilles-template-${await getVersion()}`)
  if (existsSync(path)) return path
  const unfinished = await mkdtemp(`${path}-`)
  await (await openDatabase({ dataDir: unfinished })).close()
  // Another process may have created it meanwhile.
  await rename(unfinished, path).catch(() => rm(unfinished, { recursive: true }))
  return path
}

async function getVersion(): Promise<string> {
  const hash = createHash('sha256')
  const engine = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  hash.update(await readFile(join(dirname(engine), '../package.json')))
  const { migrationsFolder } = MIGRATIONS
  for (const name of (await readdir(migrationsFolder, { recursive: true })).sort()) {
    if (name.endsWith('.sql')) hash.update(name).update(await readFile(join(migrationsFolder, name)))
  }
  return hash.digest('hex').slice(0, 16)
}
