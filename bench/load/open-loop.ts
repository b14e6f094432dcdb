import type { BenchCase } from '../cases.ts'
import { openConnection } from './connection.ts'
import type { Load, LoadTarget } from './load.ts'

/** More than the in-flight calls of a server that keeps up. */
const CONNECTIONS = 32

/**
 * Makes `perSecond` calls a second, however long responses take. A call's duration starts when it was due, so that it
 * includes the wait for a connection.
 * @see https://www.scylladb.com/2021/04/22/on-coordinated-omission/
 */
export function openLoop({ path, createBodies }: BenchCase, { url, headers }: LoadTarget, perSecond: number): Load {
  const latencies: number[] = []
  /** The due times of calls that wait for a connection. */
  const waiting: number[] = []
  const idle = Array.from({ length: CONNECTIONS }, (_, index) => ({
    connection: openConnection(url, headers),
    nextBody: createBodies(index),
  }))
  const all = [...idle]
  const inFlight = new Set<Promise<void>>()
  let firstError: unknown

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
  // A timer's resolution of 1 ms is longer than some intervals, so each tick starts all calls that are due, dated to now.
  const timer = setInterval(() => {
    const now = performance.now()
    for (; next <= now; next += everyMs) {
      const call = make(now).catch((error: unknown) => {
        firstError ??= error
      })
      inFlight.add(call)
      void call.then(() => inFlight.delete(call))
    }
  }, 1)
  return {
    connections: CONNECTIONS,
    latencies,
    get firstError() {
      return firstError
    },
    async stop() {
      clearInterval(timer)
      waiting.length = 0
      await Promise.all(inFlight)
      await Promise.all(all.map(({ connection }) => connection.close()))
      if (firstError) throw firstError
    },
  }
}
