import { Client } from 'undici'
import type { BenchCase } from './cases.ts'

export interface LoadTarget {
  url: string
  headers: Readonly<Record<string, string>>
}

export interface Load {
  /** Also the maximum number of in-flight calls. */
  readonly connections: number
  /** The duration of each completed call, in milliseconds. */
  readonly latencies: readonly number[]
  readonly firstError: unknown
  /** Resolves once the in-flight calls are complete. @throws the error of the first call that failed */
  stop(): Promise<void>
}

/** Calls without pauses on each connection, as fast as the server responds. */
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

/** More than the in-flight calls of a server that keeps up. */
const CONNECTIONS = 32

/**
 * Starts `perSecond` calls a second, however long responses take. A call's duration starts when it was due, so that it
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
  // Some intervals are shorter than a timer's resolution of 1 ms, so each tick starts all calls that are due.
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

interface Connection {
  /** Resolves with the milliseconds until the end of the response. @throws Error if the status is not 200. */
  call(path: string, body: Buffer): Promise<number>
  close(): Promise<void>
}

const QUOTED_CHARACTERS = 200

function openConnection(url: string, headers: Readonly<Record<string, string>>): Connection {
  const client = new Client(url, { pipelining: 1, bodyTimeout: 60_000, headersTimeout: 60_000 })
  return {
    call: (path, body) =>
      new Promise((resolve, reject) => {
        const startedAt = performance.now()
        let status = 0
        let errorText = ''
        client.dispatch(
          { path, method: 'POST', headers, body },
          {
            // Its presence makes undici use the new handler interface.
            onRequestStart() {},
            onResponseStart(_controller, statusCode) {
              status = statusCode
            },
            onResponseData(_controller, chunk) {
              if (status !== 200 && errorText.length < QUOTED_CHARACTERS) errorText += chunk.toString()
            },
            onResponseEnd() {
              if (status === 200) resolve(performance.now() - startedAt)
              else reject(new Error(`${url}${path} responded with ${status}: ${errorText.slice(0, QUOTED_CHARACTERS)}`))
            },
            onResponseError(_controller, error) {
              reject(error)
            },
          },
        )
      }),
    close: () => client.close(),
  }
}
