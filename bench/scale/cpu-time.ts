import { readFile } from 'node:fs/promises'
import pg from 'pg'

const MICROS_PER_TICK = 10_000

/** The CPU time that processes have used, in microseconds; Linux only. A process that ended counts as 0. */
export async function getCpuMicros(pids: readonly number[]): Promise<number> {
  const ticks = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      // The name, in parentheses, may contain spaces.
      const [, , , , , , , , , , , user = 0, system = 0] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(user) + Number(system)
    }),
  )
  return ticks.reduce((sum, one) => sum + one, 0) * MICROS_PER_TICK
}

/** The processes of PostgreSQL that serve the connections of a database. */
export async function findBackends(databaseUrl: string): Promise<number[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const query = 'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
  const { rows } = await client.query<{ pid: number }>(query)
  await client.end()
  return rows.map(({ pid }) => pid)
}
