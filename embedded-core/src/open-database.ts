import { MIGRATIONS, type OpenDatabase } from './database.ts'
import { openPglite } from './open-pglite.ts'
import { openPostgres } from './open-postgres.ts'

export interface DatabaseOptions {
  dataDir: string
  databaseUrl?: string | undefined
}

export function openDatabase({ dataDir, databaseUrl }: DatabaseOptions): Promise<OpenDatabase> {
  return databaseUrl ? openPostgres(databaseUrl) : openPglite(dataDir, MIGRATIONS)
}
