import { expect } from 'vitest'
import { acceptAll, type HeldCall, holdEvents } from './event-core.ts'
import { operationNamed, validInput } from './operations.ts'
import type { Script, ScriptedCore } from './scripted-core.ts'
import { testWithCore } from './scripted-gateway.ts'
import { type Answer, startTestGateway, type TestGateway } from './test-gateway.ts'

const LINK = {
  groupForwarding: true,
  inFlightBeforeWaiting: 2,
  longestWaitMs: 60_000,
  maxRetries: 0,
  timeoutMs: 60_000,
  deadlineMs: 60_000,
}
export const BATCH = '/signals/events/batch'
export type Settings = NonNullable<Parameters<typeof startTestGateway>[1]>
export type Holding = ReturnType<typeof holdCalls>

/** Adds `holding`: in each test, Core holds every call with events; the test starts the gateway. */
export const test = testWithCore.extend('holding', async ({ core }, { onCleanup }) => {
  const holding = holdCalls(core)
  onCleanup(holding.close)
  return holding
})

/** `gateway` and `held` change during a test: read them from the object each time. */
function holdCalls(core: ScriptedCore) {
  let gateway: TestGateway | undefined
  let held = holdEvents(core)
  const inFlight: Promise<Answer>[] = []

  function getGateway(): TestGateway {
    if (!gateway) throw new Error('the test has not started a gateway')
    return gateway
  }

  /** Makes Core hold calls from now on, in a new list. */
  function hold(handshake?: Script): void {
    held = holdEvents(core, handshake)
  }

  const shakeHands = (headers?: Record<string, string>) =>
    getGateway().rest('POST', '/handshake', validInput(operationNamed('handshake')), headers)

  /** A gateway that knows nothing of Core's sizes yet. */
  async function open({ upstream, ...settings }: Settings = {}): Promise<void> {
    gateway = await startTestGateway(core, { ...settings, upstream: { ...LINK, ...upstream } })
  }

  /** A gateway that knows Core's sizes. */
  async function start(settings?: Settings, headers?: Record<string, string>): Promise<void> {
    await open(settings)
    await shakeHands(headers)
  }

  const send = (ids: string[], headers?: Record<string, string>) =>
    getGateway().rest('POST', BATCH, batchOf(...ids), headers)

  /** Puts two calls in flight, which Core holds, so that the next batches wait. */
  async function occupy(headers?: Record<string, string>): Promise<void> {
    const before = held.length
    inFlight.push(send([`busy-${before}`], headers), send([`busy-${before + 1}`], headers))
    await expect.poll(() => held.length).toBe(before + 2)
  }

  async function waiting(): Promise<number> {
    const text = await getGateway().metrics.registry.metrics()
    return Number(/^core_calls_joining (\d+)$/m.exec(text)?.[1])
  }

  /** Makes calls one after another, each once the previous one waits. */
  async function wait<Called>(...calls: (() => Promise<Called>)[]): Promise<Promise<Called>[]> {
    const before = await waiting()
    const made: Promise<Called>[] = []
    for (const call of calls) {
      made.push(call())
      await expect.poll(waiting, { interval: 5 }).toBe(before + made.length)
    }
    return made
  }

  async function heldAt(index: number): Promise<HeldCall> {
    await expect.poll(() => held[index], { interval: 5 }).toBeDefined()
    return held[index] as HeldCall
  }

  /** Completes a held call; returns the call that Core receives next. */
  async function next(): Promise<HeldCall> {
    const seen = held.length
    held.find(({ ids, answered }) => ids[0]?.startsWith('busy-') && !answered)?.answer()
    return heldAt(seen)
  }

  async function close(): Promise<void> {
    core.answer(acceptAll)
    for (const call of held) call.answer()
    await Promise.all(inFlight)
    await gateway?.close()
  }

  return {
    core,
    get gateway() {
      return getGateway()
    },
    /** All calls with events that Core holds or held. */
    get held() {
      return held
    },
    /** Calls that are awaited after the test. */
    inFlight,
    hold,
    shakeHands,
    open,
    start,
    send,
    occupy,
    waiting,
    wait,
    heldAt,
    next,
    close,
  }
}

export const event = (event_id: string, more: object = {}) => ({
  event_id,
  event_type: 'error',
  source_type: 'ide',
  session_id: 's',
  timestamp: '2026-03-02T09:00:00Z',
  ...more,
})
export const batchOf = (...ids: string[]) => ({ events: ids.map((id) => event(id)) })

export const accepted = (...ids: string[]) => ({
  results: ids.map((event_id) => ({ event_id, status: 'accepted' })),
  failed: [],
})
