import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { migrate } from 'drizzle-orm/pglite/migrator'
import { JSON_OID, MIGRATIONS, type OpenDatabase } from './database.ts'

/**
 * Opens, and at first creates, the PGlite database under `dataDir`. Whoever calls holds the lock of the directory.
 * @throws Error naming the directory when the database does not open.
 */
export async function openPglite(dataDir: string): Promise<OpenDatabase> {
  const folder = join(dataDir, 'core')
  try {
    const client = await openCluster(folder, join(dataDir, 'core.creating'))
    const db = drizzle({ client })
    await migrate(db, MIGRATIONS)
    return { db, close: () => client.close() }
  } catch (cause) {
    throw new Error(`cannot open the database in ${folder}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
}

/** A cluster whose creation was cut short never opens again; the marker tells it from one that holds data. */
async function openCluster(folder: string, marker: string): Promise<PGlite> {
  if (existsSync(marker)) await rm(folder, { recursive: true, force: true })
  const isNew = !existsSync(folder)
  if (isNew) await writeFile(marker, '')
  const client = await PGlite.create(folder, { parsers: { [JSON_OID]: (text) => text } })
  if (isNew) await rm(marker)
  return client
}
