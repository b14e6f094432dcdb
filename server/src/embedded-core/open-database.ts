import { MIGRATIONS, type OpenDatabase } from './database.ts'
import { openPglite } from './open-pglite.ts'
import { openPostgres } from './open-postgres.ts'

/** Where the embedded Core keeps its data. */
export interface DatabaseOptions {
  dataDir: string
  databaseUrl?: string | undefined
}

/** Opens PostgreSQL where a URL is given, PGlite in the data directory otherwise, with every migration applied. */
export function openDatabase({ dataDir, databaseUrl }: DatabaseOptions): Promise<OpenDatabase> {
  return databaseUrl ? openPostgres(databaseUrl) : openPglite(dataDir, MIGRATIONS)
}
