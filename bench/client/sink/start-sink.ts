import { once } from 'node:events'
import { forkModule } from '../fork-module.ts'

export type SinkCommand = 'arrived' | 'hold' | 'untilHeld' | 'release'

export interface Sink {
  url: string
  /** The number of distinct events, and the total bytes of request bodies. */
  arrived(): Promise<{ events: number; bytes: number }>
  /** From now on, requests are read but get no response. */
  hold(): Promise<void>
  /** Resolves once a request waits for its response. */
  untilHeld(): Promise<void>
  release(): Promise<void>
  stop(): Promise<void>
}

/** Runs in a separate process, so that its work does not count as the recorder's. */
export async function startSink(): Promise<Sink> {
  const child = forkModule(new URL('./sink-process.ts', import.meta.url))
  const ended = once(child, 'exit')
  const next = <Result>() =>
    new Promise<Result>((resolve, reject) => {
      child.once('message', ({ result }: { result: Result }) => resolve(result))
      ended.then(() => reject(new Error('the sink ended')))
    })
  function send<Result>(command: SinkCommand): Promise<Result> {
    child.send(command)
    return next()
  }
  return {
    url: await next(),
    arrived: () => send('arrived'),
    hold: () => send('hold'),
    untilHeld: () => send('untilHeld'),
    release: () => send('release'),
    async stop() {
      child.disconnect()
      await ended
    },
  }
}
