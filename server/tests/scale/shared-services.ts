import { basename } from 'node:path'
import { temporaryFolder } from '../../../embedded-core/src/testing/temporary-folder.ts'
import { createTemporaryDatabase } from '../../../embedded-core/tests/support/temporary-database.ts'
import { writeKeysFile } from '../support/keys-file.ts'

/** The services that gateways share: a new PostgreSQL database, and separate rates in Redis. */
export interface SharedServices {
  settings: Record<string, string>
  databaseUrl: string
  remove(): Promise<void>
}

export async function openSharedServices(postgresUrl: string, redisUrl: string): Promise<SharedServices> {
  const folder = await temporaryFolder()
  const database = await createTemporaryDatabase(postgresUrl)
  // Rates are counted by the holders' names.
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
