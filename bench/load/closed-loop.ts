import type { BenchCase } from '../cases.ts'
import { openConnection } from './connection.ts'
import type { Load, LoadTarget } from './load.ts'

/** Calls without pauses on each of `connections` connections, as fast as the server responds. */
export function closedLoop({ path, createBodies }: BenchCase, { url, headers }: LoadTarget, connections: number): Load {
  const latencies: number[] = []
  let stopped = false
  let firstError: unknown

  async function keepCalling(index: number): Promise<void> {
    const connection = openConnection(url, headers)
    const nextBody = createBodies(index)
    try {
      while (!stopped) latencies.push(await connection.call(path, nextBody()))
    } catch (error) {
      firstError ??= error
    }
    await connection.close()
  }

  const ended = Promise.all(Array.from({ length: connections }, (_, index) => keepCalling(index)))
  return {
    connections,
    latencies,
    get firstError() {
      return firstError
    },
    async stop() {
      stopped = true
      await ended
      if (firstError) throw firstError
    },
  }
}
