import { randomUUID } from 'node:crypto'
import { createGatewayClient } from '@achilles/mcp-client'
import { newSession } from '../../src/embedded-core/testing/requests.ts'
import { seedDataDir } from '../../src/embedded-core/testing/seed-data-dir.ts'
import { temporaryFolder } from '../../src/embedded-core/testing/temporary-folder.ts'
import { startCoreProcess } from '../core-process.ts'
import { agentCalls } from './agent-calls.ts'
import { nativeCalls } from './native-calls.ts'
import type { ProcessSample } from './process-sample.ts'
import { MAX_BODY_BYTES, restCalls } from './rest-calls.ts'
import { rudeCalls } from './rude-calls.ts'
import type { SoakCall } from './soak-call.ts'
import { startWatchedGateway } from './watched-gateway.ts'

const CALLERS = 6
/** A caller goes on to a new session before insights about its old one take long. */
const ROUNDS_A_SESSION = 5
/** In the warm-up what is loaded lazily is loaded, and what is compiled is compiled. */
const WARM_UP_SHARE = 0.2
const WARM_UP_CALLS = 600

export interface SoakOptions {
  /** How long to call, the first fifth being the warm-up; a slow machine takes longer for that. */
  durationMs: number
  /** How many samples are taken after the one that ends the warm-up, at equal distances. */
  samples: number
  /** Told of each sample as it is taken. */
  onSample: (sample: SoakSample) => void
  /** Ends the run early. */
  signal?: AbortSignal
}

/** A sample, and when it was taken. */
export interface SoakSample extends ProcessSample {
  seconds: number
  /** Made until then. */
  calls: number
}

/** What came of a run. */
export interface SoakFigures {
  /** The first is that at the end of the warm-up. */
  samples: [SoakSample, ...SoakSample[]]
  calls: number
  /** What was not as expected, by the name of the call. */
  faults: string[]
}

/**
 * A gateway and an embedded Core, each in a process of its own, under steady load of every kind; the gateway's heap and
 * handles are sampled while nothing is in flight.
 */
export async function runSoak({ durationMs, samples: count, onSample, signal }: SoakOptions): Promise<SoakFigures> {
  const folder = await temporaryFolder()
  const apiKey = randomUUID()
  await seedDataDir(folder.path)
  const core = await startCoreProcess({ ACHILLES_API_KEY: apiKey, ACHILLES_DATA_DIR: folder.path, LOG_LEVEL: 'info' })
  const gateway = await startWatchedGateway({
    ACHILLES_BASE_URL: core.url,
    ACHILLES_API_KEY: apiKey,
    MAX_BODY_BYTES: String(MAX_BODY_BYTES),
    RATE_LIMIT_PER_MINUTE: '1000000000',
  })
  const startedAt = performance.now()
  const elapsed = () => performance.now() - startedAt
  const callers = Array.from({ length: CALLERS }, () => caller(gateway.url))
  const tally = { calls: 0, faults: [] }

  async function loadUntil(isOver: () => boolean): Promise<SoakSample> {
    const isOverNow = () => signal?.aborted || isOver()
    await Promise.all(callers.map((call) => work(call, isOverNow, tally)))
    signal?.throwIfAborted()
    const sample = { seconds: Math.round(elapsed() / 1000), calls: tally.calls, ...(await gateway.sample()) }
    onSample(sample)
    return sample
  }

  try {
    const warmUpMs = durationMs * WARM_UP_SHARE
    const samples: SoakFigures['samples'] = [
      await loadUntil(() => elapsed() >= warmUpMs && tally.calls >= WARM_UP_CALLS),
    ]
    for (let sample = 0; sample < count; sample++) {
      const endsAt = elapsed() + (durationMs - warmUpMs) / count
      samples.push(await loadUntil(() => elapsed() >= endsAt))
    }
    return { samples, ...tally }
  } finally {
    gateway.process.kill('SIGTERM')
    await gateway.ended
    core.process.kill('SIGTERM')
    await core.ended
    await folder.remove()
  }
}

async function work(
  caller: AsyncIterator<SoakCall>,
  isOver: () => boolean,
  tally: Pick<SoakFigures, 'calls' | 'faults'>,
): Promise<void> {
  while (!isOver()) {
    const { value } = await caller.next()
    tally.calls += 1
    await value.make().catch((error: Error) => tally.faults.push(`${value.name}: ${error.message}`))
  }
}

/** Every kind of call in turn, for ever, in one session after another. */
async function* caller(url: string): AsyncGenerator<SoakCall, never> {
  for (;;) {
    const session = await createGatewayClient({ url, retries: 10 }).sessions.create.mutate(newSession())
    const target = { ...session, url }
    const calls = [...nativeCalls(target), ...restCalls(target), ...agentCalls(target), ...rudeCalls(target)]
    for (let round = 0; round < ROUNDS_A_SESSION; round++) yield* calls
  }
}
