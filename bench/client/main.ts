import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { clientTables } from './client-tables.ts'
import { runClientBench } from './run-client-bench.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    events: { type: 'string', default: '20000' },
    json: { type: 'string' },
  },
})
const [rounds, events] = [Number(values.rounds), Number(values.events)]
for (const [option, value] of Object.entries({ rounds, events })) {
  if (Number.isInteger(value) && value > 0) continue
  process.stderr.write(`--${option}: must be a whole number above 0\n`)
  process.exit(2)
}

const bench = await runClientBench({
  rounds,
  events,
  onMeasured: (round, recorder) => process.stderr.write(`round ${round} of ${rounds}: ${recorder}\n`),
})
const versions = Object.entries(bench.versions).map(([library, version]) => `${library} ${version}`)
process.stdout.write(`Node ${bench.node}, ${bench.cores} cores of ${bench.cpu}, medians of ${rounds} rounds\n`)
process.stdout.write(`${versions.join(', ')}\n\n${clientTables(bench)}`)
if (values.json) await writeFile(values.json, `${JSON.stringify(bench, null, 2)}\n`)
