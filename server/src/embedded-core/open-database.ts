import type { OpenDatabase } from './database.ts'
import { openPglite } from './open-pglite.ts'
import { openPostgres } from './open-postgres.ts'

/** Where the embedded Core keeps its data. */
export interface DatabaseOptions {
  dataDir: string
  databaseUrl?: string | undefined
  log: (line: string) => void
}

/** Opens PostgreSQL where a URL is given, PGlite in the data directory otherwise, with every migration applied. */
export function openDatabase({ dataDir, databaseUrl, log }: DatabaseOptions): Promise<OpenDatabase> {
  return databaseUrl
    ? openPostgres(databaseUrl, (error) => log(`lost an idle database connection: ${error.message}`))
    : openPglite(dataDir)
}
