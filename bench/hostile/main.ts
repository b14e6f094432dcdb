import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CONTENDERS, type Contender } from '../contenders/contenders.ts'
import { printTable } from '../report/bench-tables.ts'
import { median } from '../sample.ts'
import { startContender, startCore } from '../servers.ts'
import { BODY_LIMIT, hostileBodies } from './hostile-bodies.ts'
import { type BodyCost, measureBody } from './measure-body.ts'

/** The most that a body at the limit may cost: memory as a multiple of its size, and the longest event loop stall. */
const TARGET = { memory: 3, stallMs: 300 }

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, bodies: { type: 'string', default: '' } },
})
const rounds = Number(values.rounds)
if (!(Number.isInteger(rounds) && rounds > 0)) {
  process.stderr.write('--rounds: must be a whole number above 0\n')
  process.exit(2)
}
const chosen = hostileBodies().filter(({ name }) => name.includes(values.bodies))
if (chosen.length === 0) {
  process.stderr.write(`--bodies: no name of a body contains ${values.bodies}\n`)
  process.exit(2)
}

const logs = await mkdtemp(join(tmpdir(), 'bench-'))
const core = await startCore({ logFile: join(logs, 'core.log') })
try {
  const rows = []
  for (const { name, path, write } of chosen) {
    const text = write()
    rows.push(toRow(name, text, await measureCosts(path, Buffer.from(text))))
  }
  const headers = ['body', 'status', 'tokens', 'CPU ms', 'stall ms', 'memory ×', 'response KiB', '']
  process.stdout.write(printTable(headers, rows))
} finally {
  await core.stop()
  await rm(logs, { recursive: true })
}

/** Uses a new gateway for each body, so that one body does not affect the next. */
async function measureCosts(path: string, body: Buffer): Promise<BodyCost[]> {
  const [contender] = CONTENDERS as [Contender]
  const gateway = await startContender(contender, {
    core: { url: core.url, apiKey: 'the-key-of-core' },
    logFile: join(logs, 'gateway.log'),
  })
  try {
    const costs: BodyCost[] = []
    // The first round is discarded: it compiles code and grows V8's young generation.
    for (let round = 0; round <= rounds; round++) costs.push(await measureBody(gateway, path, body))
    return costs.slice(1)
  } finally {
    await gateway.stop()
  }
}

function toRow(name: string, text: string, costs: BodyCost[]): string[] {
  const of = (figure: (cost: BodyCost) => number) => median(costs.map(figure))
  const [stallMs, memory] = [of((cost) => cost.stallMs), of((cost) => cost.grownBytes) / BODY_LIMIT]
  const missed = [stallMs >= TARGET.stallMs && 'stall', memory >= TARGET.memory && 'memory'].filter(Boolean)
  return [
    name,
    String(costs[0]?.status),
    String(text.replace(/"(?:[^"\\]|\\.)*"/g, '').match(/[,:[{]/g)?.length ?? 0),
    of((cost) => cost.cpuMs).toFixed(0),
    stallMs.toFixed(0),
    memory.toFixed(1),
    (of((cost) => cost.responseBytes) / 1024).toFixed(1),
    missed.length > 0 ? `over: ${missed.join(', ')}` : '',
  ]
}
