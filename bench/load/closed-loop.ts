import type { BenchCase } from '../cases.ts'
import { openConnection } from './connection.ts'
import type { Load, Target } from './load.ts'

/** Calls without a pause on each of `connections` connections: as fast as the server answers. */
export function closedLoop({ path, bodiesOf }: BenchCase, { url, headers }: Target, connections: number): Load {
  const latencies: number[] = []
  let stopped = false
  let fault: unknown

  async function keepCalling(index: number): Promise<void> {
    const connection = openConnection(url, headers)
    const nextBody = bodiesOf(index)
    try {
      while (!stopped) latencies.push(await connection.call(path, nextBody()))
    } catch (error) {
      fault ??= error
    }
    await connection.close()
  }

  const ended = Promise.all(Array.from({ length: connections }, (_, index) => keepCalling(index)))
  return {
    connections,
    latencies,
    get fault() {
      return fault
    },
    async stop() {
      stopped = true
      await ended
      if (fault) throw fault
    },
  }
}
