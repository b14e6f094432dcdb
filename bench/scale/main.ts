import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createTemporaryDatabase } from '../../embedded-core/tests/support/temporary-database.ts'
import { printTable } from '../report/bench-tables.ts'
import { measureScale, type ScaleFigures } from './measure-scale.ts'

const USAGE = `npm run bench:scale -- [options]

Sends events to one session of an embedded Core, and prints how its queries and its ingest rate change. Linux only. The last
column but one is the CPU time of an event, which other programs on the machine affect less.

  --events N      how many, at least 10000 (1000000)
  --engines LIST  pglite, postgresql or both; PostgreSQL is the server at TEST_POSTGRES_URL (both)
  --help          prints this
`

const MIN_EVENTS = 10_000
const ENGINES = ['pglite', 'postgresql']
const NOTHING = { rate: 0, cpuMicros: 0 }
/** What a session of a million events may cost, compared with a small one. */
const TARGET = { queryRatio: 2, rateRatio: 0.9 }

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    engines: { type: 'string', default: ENGINES.join() },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const events = Number(values.events)
const engines = values.engines.split(',')
if (values.help) {
  process.stdout.write(USAGE)
  process.exit()
}
if (!Number.isInteger(events) || events < MIN_EVENTS) exitWith(`--events: must be a whole number from ${MIN_EVENTS}`)
if (engines.some((engine) => !ENGINES.includes(engine))) exitWith(`--engines: must be of ${ENGINES.join(', ')}`)
const postgresUrl = process.env.TEST_POSTGRES_URL

const rows: string[][] = []
for (const engine of engines) {
  if (engine === 'postgresql' && !postgresUrl) {
    process.stderr.write('skipped: PostgreSQL (TEST_POSTGRES_URL is not set)\n')
    continue
  }
  const figures = engine === 'pglite' ? await measurePglite() : await measurePostgres(postgresUrl ?? '')
  const each = figures.tenths.map(({ rate, cpuMicros }) => `${rate.toFixed(0)}/s (${cpuMicros.toFixed(0)} µs)`)
  process.stderr.write(`${engine}: ${each.join(', ')}\n`)
  rows.push(toRow(engine, figures))
}
const headers = [`${events} events`, 'query at 1000', 'at the end', '×', 'first tenth', 'last tenth', '×', 'CPU ×', '']
process.stdout.write(printTable(headers, rows))

async function measurePglite(): Promise<ScaleFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-scale-'))
  try {
    return await measureScale({ dataDir }, events)
  } finally {
    await rm(dataDir, { recursive: true })
  }
}

async function measurePostgres(serverUrl: string): Promise<ScaleFigures> {
  const { url, drop } = await createTemporaryDatabase(serverUrl)
  try {
    return await measureScale({ dataDir: tmpdir(), databaseUrl: url }, events)
  } finally {
    await drop()
  }
}

function toRow(engine: string, { queryMs, tenths }: ScaleFigures): string[] {
  const [first, last] = [tenths[0] ?? NOTHING, tenths.at(-1) ?? NOTHING]
  const [queryRatio, rateRatio] = [queryMs.all / queryMs.few, last.rate / first.rate]
  const missed = [queryRatio > TARGET.queryRatio && 'query', rateRatio < TARGET.rateRatio && 'ingest'].filter(Boolean)
  return [
    engine,
    `${queryMs.few.toFixed(2)} ms`,
    `${queryMs.all.toFixed(2)} ms`,
    queryRatio.toFixed(2),
    `${first.rate.toFixed(0)}/s`,
    `${last.rate.toFixed(0)}/s`,
    rateRatio.toFixed(2),
    (last.cpuMicros / first.cpuMicros).toFixed(2),
    missed.length > 0 ? `missed: ${missed.join(', ')}` : 'met',
  ]
}

function exitWith(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}
