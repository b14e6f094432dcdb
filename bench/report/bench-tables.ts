import type { Measurement } from '../measure.ts'
import type { BenchResult } from '../run-bench.ts'

export function benchTables({ contenders, measurements, tail, outcomes }: BenchResult): string {
  const cases = [...new Set(measurements.map((one) => one.case))]
  return [
    contenders.map(({ name, about }) => `${name}: ${about}\n`).join(''),
    ...cases.map((name) =>
      caseTable(
        name,
        measurements.filter((one) => one.case === name),
      ),
    ),
    tail && tailTable(tail),
    outcomes.length > 0 && targetTable(outcomes),
  ]
    .filter(Boolean)
    .join('\n')
}

const HEADERS = ['connections', 'CPU/request', '× gateway’s', 'requests/s', 'p50', 'p99', 'memory']

function caseTable(name: string, measurements: readonly Measurement[]): string {
  const rows = measurements.map(({ contender, connections, median }) => {
    const gateway = measurements.find((one) => one.contender === 'gateway' && one.connections === connections)
    const ratio = gateway ? median.cpuMicros / gateway.median.cpuMicros : undefined
    return [
      contender,
      String(connections),
      `${median.cpuMicros.toFixed(0)} µs`,
      ratio === undefined ? '' : `${ratio.toFixed(2)}×`,
      median.requestsPerSecond.toFixed(0),
      milliseconds(median.p50),
      milliseconds(median.p99),
      `${(median.rssBytes / 1e6).toFixed(0)} MB`,
    ]
  })
  return printTable([name, ...HEADERS], rows)
}

/** The highest ratio of the gateway's p99 to the other's, at half of the gateway's highest rate. */
const MAX_TAIL_RATIO = 2

function tailTable({ case: name, rate, medians }: NonNullable<BenchResult['tail']>): string {
  const rows = Object.entries(medians).map(([contender, { p50, p99, cpuMicros }]) => [
    contender,
    milliseconds(p50),
    milliseconds(p99),
    `${cpuMicros.toFixed(0)} µs`,
  ])
  const table = printTable([`${name}, ${rate.toFixed(0)} a second`, 'p50', 'p99', 'CPU/request'], rows)
  const [own, other] = Object.values(medians)
  if (!own || !other) return table
  const ratio = own.p99 / other.p99
  const result = ratio <= MAX_TAIL_RATIO ? 'met' : 'missed'
  return `${table}p99 ${ratio.toFixed(2)}× the other’s, at most ${MAX_TAIL_RATIO.toFixed(2)}: ${result}\n`
}

const targetTable = (outcomes: BenchResult['outcomes']): string =>
  printTable(
    ['target: CPU per request', 'against', 'share', 'at most', ''],
    outcomes.map((one) => [
      `${one.case}, ${one.of}`,
      one.against,
      one.share.toFixed(2),
      one.atMost.toFixed(2),
      one.met ? 'met' : 'missed',
    ]),
  )

const milliseconds = (value: number) => `${value.toFixed(2)} ms`

/** Aligns the first column left, others right. Ends with a newline. */
export function printTable(headers: string[], rows: string[][]): string {
  const lines = [headers, ...rows]
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const cell = (text: string, column: number) => {
    const width = widths[column] ?? 0
    return column === 0 ? text.padEnd(width) : text.padStart(width)
  }
  return lines.map((line) => `${line.map(cell).join('  ').trimEnd()}\n`).join('')
}
