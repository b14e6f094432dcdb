import { basename } from 'node:path'
import { temporaryFolder } from '../../src/embedded-core/testing/temporary-folder.ts'
import { writeKeysFile } from '../keys-file.ts'
import { createTemporaryDatabase } from '../temporary-database.ts'

/** What gateways share: a database of their own on PostgreSQL, a rate in Redis that nobody else has. */
export interface SharedServices {
  settings: Record<string, string>
  databaseUrl: string
  remove(): Promise<void>
}

export async function openSharedServices(postgresUrl: string, redisUrl: string): Promise<SharedServices> {
  const folder = await temporaryFolder()
  const database = await createTemporaryDatabase(postgresUrl)
  // Rates go by the holders' names.
  const keys = await writeKeysFile(['ws-1'], `${basename(database.url)}-`)
  return {
    settings: {
      ACHILLES_DATA_DIR: folder.path,
      EMBEDDED_CORE_DATABASE_URL: database.url,
      GATEWAY_API_KEYS_FILE: keys.path,
      REDIS_URL: redisUrl,
    },
    databaseUrl: database.url,
    async remove() {
      await keys.remove()
      await database.drop()
      await folder.remove()
    },
  }
}
