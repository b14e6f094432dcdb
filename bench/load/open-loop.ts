import type { BenchCase } from '../cases.ts'
import { openConnection } from './connection.ts'
import type { Load, Target } from './load.ts'

/** More than a server that keeps up has calls under way at once. */
const CONNECTIONS = 32

/**
 * Makes `perSecond` calls a second, however long answers take. A call's time begins when it was due, so that it counts
 * what it waited for a connection.
 * @see https://www.scylladb.com/2021/04/22/on-coordinated-omission/
 */
export function openLoop({ path, bodiesOf }: BenchCase, { url, headers }: Target, perSecond: number): Load {
  const latencies: number[] = []
  /** When calls were due that wait for a connection. */
  const waiting: number[] = []
  const idle = Array.from({ length: CONNECTIONS }, (_, index) => ({
    connection: openConnection(url, headers),
    nextBody: bodiesOf(index),
  }))
  const all = [...idle]
  const underWay = new Set<Promise<void>>()
  let fault: unknown

  async function make(dueAt: number): Promise<void> {
    const free = idle.pop()
    if (!free) {
      waiting.push(dueAt)
      return
    }
    for (let due: number | undefined = dueAt; due !== undefined; due = waiting.shift()) {
      await free.connection.call(path, free.nextBody())
      latencies.push(performance.now() - due)
    }
    idle.push(free)
  }

  const everyMs = 1000 / perSecond
  let next = performance.now()
  // A timer's millisecond is longer than some pauses: each time all calls that are due are made, dated to now.
  const timer = setInterval(() => {
    const now = performance.now()
    for (; next <= now; next += everyMs) {
      const call = make(now).catch((error: unknown) => {
        fault ??= error
      })
      underWay.add(call)
      void call.then(() => underWay.delete(call))
    }
  }, 1)
  return {
    connections: CONNECTIONS,
    latencies,
    get fault() {
      return fault
    },
    async stop() {
      clearInterval(timer)
      waiting.length = 0
      await Promise.all(underWay)
      await Promise.all(all.map(({ connection }) => connection.close()))
      if (fault) throw fault
    },
  }
}
