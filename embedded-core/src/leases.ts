import type { Socket } from 'node:net'
import type { CoreAddress } from './data-dir-lock.ts'

/** What a Core sends to the processes that use it, by IPC to the one that started it, as JSON lines to the others. */
export type FromCore =
  /** The address is sent by IPC alone: the others read it from the lock's file. */
  | { kind: 'ready'; core?: CoreAddress }
  | { kind: 'failed'; message: string; code?: string }
  /** The process that sent `leave` is not the last: the Core continues. */
  | { kind: 'left' }
  | { kind: 'log'; line: string }

/** What the user of a Core sends over the socket of the lock. A connection that does not send `lease` only looks. */
export const LEASE = 'lease\n'
export const LEAVE = 'leave\n'

/** A process that uses the Core. */
export interface Lessee {
  send(message: FromCore): void
}

/** A stopped process reads no log; what it has not read is limited to this. */
const MAX_UNREAD_BYTES = 65_536

export interface LeasesOptions {
  /** Milliseconds between the end of the last process that did not leave and `onUnused`. */
  lingerMs: number
  /** Called once no process uses the Core. */
  onUnused: () => void
}

/** The processes that use a Core. One that ends without leaving was killed, and may be started again. */
export class Leases {
  readonly #lessees = new Set<Lessee>()
  readonly #options: LeasesOptions
  #linger: NodeJS.Timeout | undefined
  #ready: FromCore | undefined
  #ended = false

  constructor(options: LeasesOptions) {
    this.#options = options
  }

  /** Ignored once the Core is ending: its end then informs the process. */
  add(lessee: Lessee): void {
    if (this.#ended) return
    clearTimeout(this.#linger)
    this.#lessees.add(lessee)
    if (this.#ready) lessee.send(this.#ready)
  }

  /** Takes a connection to the socket of the lock. */
  readonly accept = (socket: Socket): void => {
    const lessee: Lessee = {
      send(message) {
        if (socket.writableLength < MAX_UNREAD_BYTES) socket.write(`${JSON.stringify(message, withoutAddress)}\n`)
      },
    }
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      if (chunk.includes(LEASE)) this.add(lessee)
      if (chunk.includes(LEAVE)) this.leave(lessee)
    })
    socket.once('close', () => this.lose(lessee))
  }

  announceReady(core: CoreAddress): void {
    this.#ready = { kind: 'ready', core }
    this.#broadcast(this.#ready)
  }

  log(line: string): void {
    this.#broadcast({ kind: 'log', line })
  }

  leave(lessee: Lessee): void {
    if (!this.#lessees.delete(lessee)) return
    if (this.#lessees.size === 0) this.#end()
    else lessee.send({ kind: 'left' })
  }

  lose(lessee: Lessee): void {
    if (!this.#lessees.delete(lessee) || this.#lessees.size > 0) return
    this.#linger = setTimeout(() => this.#end(), this.#options.lingerMs)
  }

  #end(): void {
    this.#ended = true
    this.#options.onUnused()
  }

  #broadcast(message: FromCore): void {
    for (const lessee of this.#lessees) lessee.send(message)
  }
}

const withoutAddress = (key: string, value: unknown) => (key === 'core' ? undefined : value)
