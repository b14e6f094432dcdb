import { once } from 'node:events'
import { forkModule } from '../fork-module.ts'

/** What a sink is asked by its parent. */
export type SinkQuestion = 'arrived' | 'hold' | 'untilHeld' | 'release'

/** A server that takes what recorders send. */
export interface Sink {
  url: string
  /** How many different events have arrived, and in how many bytes of bodies. */
  arrived(): Promise<{ events: number; bytes: number }>
  /** From now on it reads requests and answers none. */
  hold(): Promise<void>
  /** Resolves once a request waits for its answer. */
  untilHeld(): Promise<void>
  /** Answers what waits, and everything from now on. */
  release(): Promise<void>
  stop(): Promise<void>
}

/** Starts a sink in a process of its own, whose work is not counted as the recorder's. */
export async function startSink(): Promise<Sink> {
  const child = forkModule(new URL('./sink-process.ts', import.meta.url))
  const ended = once(child, 'exit')
  const next = <Answer>() =>
    new Promise<Answer>((resolve, reject) => {
      child.once('message', ({ answer }: { answer: Answer }) => resolve(answer))
      ended.then(() => reject(new Error('the sink ended')))
    })
  function ask<Answer>(question: SinkQuestion): Promise<Answer> {
    child.send(question)
    return next()
  }
  return {
    url: await next(),
    arrived: () => ask('arrived'),
    hold: () => ask('hold'),
    untilHeld: () => ask('untilHeld'),
    release: () => ask('release'),
    async stop() {
      child.disconnect()
      await ended
    },
  }
}
