import { randomUUID } from 'node:crypto'
import { createGatewayClient } from '@achilles/mcp-client'
import { newSession } from '../../../embedded-core/src/testing/requests.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { temporaryFolder } from '../../../embedded-core/src/testing/temporary-folder.ts'
import { startCoreProcess } from '../support/core-process.ts'
import { agentCalls } from './agent-calls.ts'
import { nativeCalls } from './native-calls.ts'
import type { ProcessSample } from './process-sample.ts'
import { MAX_BODY_BYTES, restCalls } from './rest-calls.ts'
import { rudeCalls } from './rude-calls.ts'
import type { SoakCall } from './soak-call.ts'
import { startWatchedGateway } from './watched-gateway.ts'

const CALLERS = 6
/** Callers then switch to a new session, as users do. */
const ROUNDS_A_SESSION = 5
/** The warm-up loads lazy modules and compiles code. */
const WARM_UP_SHARE = 0.2
const WARM_UP_CALLS = 600

export interface SoakOptions {
  /** The duration of the calls, the first fifth of which is the warm-up; that takes longer on a slow machine. */
  durationMs: number
  /** The number of samples after the one at the end of the warm-up, at equal intervals. */
  samples: number
  onSample: (sample: SoakSample) => void
  signal?: AbortSignal
}

export interface SoakSample extends ProcessSample {
  seconds: number
  calls: number
}

export interface SoakFigures {
  /** The first sample is at the end of the warm-up. */
  samples: [SoakSample, ...SoakSample[]]
  calls: number
  /** Unexpected results, by the name of the call. */
  faults: string[]
}

/**
 * Runs a gateway and an embedded Core in separate processes under steady load of every kind; samples the gateway's heap and
 * handles while nothing is in flight.
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

/** Repeats every kind of call in turn, in one session after another. */
async function* caller(url: string): AsyncGenerator<SoakCall, never> {
  for (;;) {
    const session = await createGatewayClient({ url, retries: 10 }).sessions.create.mutate(newSession())
    const target = { ...session, url }
    const calls = [...nativeCalls(target), ...restCalls(target), ...agentCalls(target), ...rudeCalls(target)]
    for (let round = 0; round < ROUNDS_A_SESSION; round++) yield* calls
  }
}
