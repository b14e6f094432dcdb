import type { OpenDatabase } from '../../src/database.ts'
import { openDatabase } from '../../src/open-database.ts'
import { seedDataDir } from '../../src/testing/seed-data-dir.ts'
import { temporaryFolder } from '../../src/testing/temporary-folder.ts'
import { createTemporaryDatabase } from './temporary-database.ts'

/** An empty database, opened as by one process (PGlite) or by several gateways at once. */
export interface Engine {
  databases: OpenDatabase[]
  where: { dataDir: string; databaseUrl: string | undefined }
  close(): Promise<void>
  /** Once it is closed. */
  remove(): Promise<void>
}

const postgresUrl = process.env.TEST_POSTGRES_URL
if (!postgresUrl) process.stdout.write('skipped: the embedded Core on PostgreSQL (TEST_POSTGRES_URL is not set)\n')

/** Both databases that the embedded Core may use. */
export const ENGINES: readonly { name: string; isMissing: boolean; open: () => Promise<Engine> }[] = [
  { name: 'PGlite', isMissing: false, open: openPglite },
  { name: 'PostgreSQL', isMissing: !postgresUrl, open: openPostgres },
]

async function openPglite(): Promise<Engine> {
  const folder = await temporaryFolder()
  await seedDataDir(folder.path)
  const where = { dataDir: folder.path, databaseUrl: undefined }
  return openAll([where], folder.remove)
}

async function openPostgres(): Promise<Engine> {
  const { url, drop } = await createTemporaryDatabase(postgresUrl ?? '')
  const where = { dataDir: '', databaseUrl: url }
  return openAll([where, where, where], drop)
}

async function openAll(all: [Engine['where'], ...Engine['where'][]], remove: () => Promise<void>): Promise<Engine> {
  const databases = await Promise.all(all.map((where) => openDatabase(where)))
  return {
    databases,
    where: all[0],
    async close() {
      await Promise.all(databases.map((database) => database.close()))
    },
    remove,
  }
}
