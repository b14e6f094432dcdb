import { writeFile } from 'node:fs/promises'
import { type BenchOptions, readOptions } from './options.ts'
import { benchChart } from './report/bench-chart.ts'
import { benchTables } from './report/bench-tables.ts'
import { runBench } from './run-bench.ts'

try {
  const options = readOptions(process.argv.slice(2))
  if ('usage' in options) process.stdout.write(options.usage)
  else await bench(options)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}

async function bench(options: BenchOptions): Promise<void> {
  const result = await runBench(options, (doing) => process.stderr.write(`${doing}\n`))
  process.stdout.write(benchTables(result))
  if (options.json) await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`)
  if (options.chart) await writeFile(options.chart, benchChart(result))
}
