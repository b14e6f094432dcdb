import { printTable } from '../report/print-table.ts'
import type { ClientBench } from './run-client-bench.ts'
import type { Figures } from './run-measure.ts'

/** Prints the medians for a terminal; costs and rates have their ratio to our client's. */
export function clientTables({ recorders, events }: ClientBench): string {
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

const whole = (figure: number) => Math.round(figure).toLocaleString('en')
