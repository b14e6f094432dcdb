import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'

/** What a database of the embedded Core contains. */
export interface Rows {
  tables: Record<string, { columns: string[]; rows: number; digest: string }>
  /** The number of migrations that were applied. */
  migrations: number
}

type Query = (query: string, parameters?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>

/** Opens a copy, with no version's code, so that a cluster that was not closed recovers as PostgreSQL does. */
export async function readPgliteRows(dataDir: string, former?: Rows): Promise<Rows> {
  const copy = await mkdtemp(join(tmpdir(), 'achilles-rows-'))
  await cp(join(dataDir, 'core'), copy, { recursive: true })
  const client = await PGlite.create(copy)
  try {
    return await readRows((query, parameters) => client.query(query, parameters), former)
  } finally {
    await client.close()
    await rm(copy, { recursive: true })
  }
}

export async function readPostgresRows(databaseUrl: string, former?: Rows): Promise<Rows> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return await readRows((query, parameters) => client.query(query, parameters), former)
  } finally {
    await client.end()
  }
}

/** @param former of its tables only its columns: a later version may have more */
async function readRows(query: Query, former?: Rows): Promise<Rows> {
  const found = await query(
    // Idempotency keys are hashes, whose form may change; whether they still work is seen by sending a write again.
    `select table_name as table, array_agg(column_name::text order by ordinal_position) as columns
      from information_schema.columns
      where table_schema = 'achilles_core' and table_name <> 'migrations' and column_name <> 'idempotency_key'
      group by table_name order by table_name`,
  )
  const tables: Rows['tables'] = {}
  const wanted = former
    ? Object.entries(former.tables).map(([table, { columns }]) => ({ table, columns }))
    : (found.rows as { table: string; columns: string[] }[])
  for (const { table, columns } of wanted) {
    const list = columns.map((column) => `"${column}"`).join()
    const result = await query(
      `select count(*)::int as rows, md5(string_agg(md5(row(${list})::text), '' order by md5(row(${list})::text))) as digest
        from achilles_core."${table}"`,
    )
    tables[table] = { columns, ...(result.rows[0] as { rows: number; digest: string }) }
  }
  const applied = await query('select count(*)::int as migrations from achilles_core.migrations')
  return { tables, migrations: Number(applied.rows[0]?.migrations) }
}
