import { parseArgs } from 'node:util'
import { runChaos } from './run-chaos.ts'

const TIMEOUT_MS = 5 * 60_000

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '20000' },
    kills: { type: 'string', default: '12' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interrupted.abort(new Error(`interrupted by ${signal}`)))
}
const print = (line: string) => process.stdout.write(`${line}\n`)

try {
  const asked = { events: Number(values.events), kills: Number(values.kills), seed: Number(values.seed) }
  const figures = await runChaos({ ...asked, timeoutMs: TIMEOUT_MS, print, signal: interrupted.signal })
  for (const [name, figure] of Object.entries(figures))
    print(`${name === 'acceptedTwice' ? 'accepted twice' : name}: ${figure}`)
  const { kills, lost, doubled, altered, acceptedTwice } = figures
  if (lost + doubled + altered + acceptedTwice > 0 || kills < asked.kills) process.exitCode = 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
