import type { Command } from '../process/command.ts'

/** How a contender is spoken to: REST at `REST_BASE`, or tRPC's own protocol at `/trpc`. */
export type Surface = 'rest' | 'native'

/** What a contender is told at its start. */
export interface Place {
  /** Where it listens, on 127.0.0.1. */
  port: number
  coreUrl: string
  coreApiKey: string
}

/** A server to measure. */
export interface Contender {
  /** As the report names it, e.g. `hand-written`. */
  name: string
  /** In a few words, for the report. */
  about: string
  /** The surfaces it has. */
  surfaces: readonly Surface[]
  /** False where it forwards whatever comes. */
  validates: boolean
  /** The cases to measure it in, by name. @default every one on its surfaces */
  cases?: readonly string[]
  /** True where it learns from a handshake what Core prefers. */
  negotiates?: true
  command(place: Place): Command
}
