import type { Command } from '../process/command.ts'

/** The protocol of a call: REST at `REST_BASE`, or tRPC at `/trpc`. */
export type Surface = 'rest' | 'native'

export interface ContenderSettings {
  port: number
  coreUrl: string
  coreApiKey: string
}

export interface Contender {
  name: string
  about: string
  surfaces: readonly Surface[]
  /** False if it forwards bodies without validation. */
  validates: boolean
  /** The names of the cases to measure. @default all cases on its surfaces */
  cases?: readonly string[]
  /** True if a handshake must be sent first, from which it learns what Core prefers. */
  negotiates?: true
  command(settings: ContenderSettings): Command
}
