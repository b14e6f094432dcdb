import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { printTable } from '../report/bench-tables.ts'
import type { Figures } from './measures.ts'
import { type ClientBench, runClientBench } from './run-client-bench.ts'

const whole = (figure: number) => Math.round(figure).toLocaleString('en')

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

function clientTables({ recorders, events }: ClientBench): string {
  const ours = recorders[0]?.median
  const toRows = (columns: (of: Figures) => string[]) => recorders.map(({ name, median }) => [name, ...columns(median)])
  const versus = (getFigure: (of: Figures) => number, of: Figures) => [
    whole(getFigure(of)),
    ours ? `${(getFigure(of) / getFigure(ours)).toFixed(2)}×` : '',
  ]
  return [
    `${whole(events)} events, each burst of 1,000 delivered before the next one\n`,
    printTable(
      ['recorder', 'recorded/s', '', 'delivered/s', '', 'CPU µs/event', '', 'bytes sent/event', 'arrived'],
      toRows((of) => [
        ...versus(({ delivery }) => delivery.recordedPerSecond, of),
        ...versus(({ delivery }) => delivery.deliveredPerSecond, of),
        ...versus(({ delivery }) => delivery.cpuMicrosPerEvent, of),
        whole(of.delivery.bytesPerEvent),
        whole(of.delivery.arrived),
      ]),
    ),
    `\n${whole(events)} events at once, and events that wait for a server which reads and never responds\n`,
    printTable(
      ['recorder', 'recorded/s at once', '', 'arrived', 'held while waiting', 'bytes/held event', ''],
      toRows((of) => [
        ...versus(({ burst }) => burst.recordedPerSecond, of),
        whole(of.burst.arrived),
        whole(of.memory.held),
        ...versus(({ memory }) => memory.bytesPerHeldEvent, of),
      ]),
    ),
  ].join('')
}
