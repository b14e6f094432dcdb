import { parseArgs } from 'node:util'
import { leaks } from './leaks.ts'
import { runSoak, type SoakSample } from './run-soak.ts'

const MOST_MINUTES = 24 * 60
const SAMPLES = 16

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' } } })
const minutes = Number(values.minutes)
if (!(minutes > 0 && minutes <= MOST_MINUTES)) {
  process.stderr.write(`--minutes: must be a number above 0, at most ${MOST_MINUTES}\n`)
  process.exit(2)
}
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interrupted.abort(new Error(`interrupted by ${signal}`)))
}
const print = (...columns: (string | number)[]) =>
  process.stdout.write(`${columns.map((column) => String(column).padStart(13)).join('')}\n`)
const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1)

print('seconds', 'calls', 'heap MiB', 'buffers MiB', 'RSS MiB', 'handles')
try {
  const onSample = ({ seconds, calls, heapBytes, externalBytes, rssBytes, handles }: SoakSample) =>
    print(seconds, calls, mebibytes(heapBytes), mebibytes(externalBytes), mebibytes(rssBytes), handles)
  const asked = { durationMs: minutes * 60_000, samples: SAMPLES, onSample, signal: interrupted.signal }
  const { samples, calls, faults } = await runSoak(asked)
  const found = leaks(samples[0], samples.at(-1) ?? samples[0])
  for (const fault of new Set(faults)) process.stdout.write(`${fault}\n`)
  process.stdout.write(`${calls} calls, ${faults.length} not as expected; ${found.join(', ') || 'nothing grew'}\n`)
  if (found.length + faults.length > 0) process.exitCode = 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
