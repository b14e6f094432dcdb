import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { migrate } from 'drizzle-orm/pglite/migrator'
import { expect, onTestFinished, test } from 'vitest'
import { MIGRATIONS } from '../src/database.ts'
import { startEmbeddedCore } from '../src/embedded-core.ts'
import { prepareCluster } from '../src/pglite-cluster.ts'
import { SCHEMA_NAME } from '../src/schema.ts'
import { temporaryFolder } from '../src/testing/temporary-folder.ts'

/** The version, the settings, every column, and the migrations of a database. */
async function describeDatabase(folder: string) {
  const client = await PGlite.create(folder)
  const read = async (query: string) => (await client.query<Record<string, unknown>>(query)).rows
  const description = {
    version: await read('select version()'),
    settings: await read(`select name, setting from pg_settings where source <> 'default' order by name`),
    columns: await read(
      `select table_schema, table_name, column_name, data_type, is_nullable, column_default from information_schema.columns order by 1, 2, 3`,
    ),
    indexes: await read(`select schemaname, tablename, indexdef from pg_indexes order by 1, 2, 3`),
    rows: await read(
      `select relname, reltuples from pg_class where relnamespace = '${SCHEMA_NAME}'::regnamespace order by 1`,
    ),
    migrations: await read(`select hash from ${SCHEMA_NAME}.migrations order by id`),
  }
  await client.close()
  return description
}

test('the empty database that is shipped is what PGlite and the migrations create (npm run empty-database)', async () => {
  const folder = await temporaryFolder()
  onTestFinished(() => folder.remove())
  const created = join(folder.path, 'created')
  const client = await PGlite.create(created)
  await migrate(drizzle({ client }), MIGRATIONS)
  await client.close()
  const shipped = join(folder.path, 'core')
  await prepareCluster(folder.path, shipped)
  expect(await describeDatabase(shipped)).toEqual(await describeDatabase(created))
})

test.skipIf(process.platform !== 'linux')('the first start needs at most 450 MB', async () => {
  const folder = await temporaryFolder()
  onTestFinished(() => folder.remove())
  const timed = async () => {
    const startedAt = performance.now()
    const core = await startEmbeddedCore({ dataDir: folder.path, log: () => {}, execArgv: ['--import', 'tsx'] })
    const ms = performance.now() - startedAt
    const status = await readFile(`/proc/${core.pid}/status`, 'utf8')
    await core.stop()
    return { ms, megabytes: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1000 }
  }
  const [first, later] = [await timed(), await timed()]
  process.stdout.write(
    `embedded Core: first start ${(first.ms / later.ms).toFixed(2)} × a later one, ${first.megabytes.toFixed(0)} and ${later.megabytes.toFixed(0)} MB\n`,
  )
  expect(first.megabytes).toBeLessThan(450)
  expect(later.megabytes).toBeLessThan(450)
})
