import { parseArgs } from 'node:util'
import { formatFigures } from './format-figures.ts'
import { runWatchers } from './run-watchers.ts'

const { values } = parseArgs({
  options: { watchers: { type: 'string', default: '1000' }, sessions: { type: 'string', default: '200' } },
})
const figures = await runWatchers({
  watchers: Number(values.watchers),
  sessions: Number(values.sessions),
  // Polls become rarer within this time.
  settleMs: 15_000,
  idleMs: 20_000,
  phaseMs: 10_000,
  onProgress: (line) => process.stdout.write(`${line}\n`),
})
process.stdout.write(`${formatFigures(figures)}\n`)
for (const { sessionId, expected, got } of figures.wrong.slice(0, 10)) {
  process.stdout.write(`a watcher of ${sessionId} got ${got.length} of ${expected}: ${got.join(' ')}\n`)
}
process.exit(figures.wrong.length > 0 ? 1 : 0)
