import type { Config } from '../config.ts'

/** What the primary process tells a worker. Core's key travels here, never in the environment. */
export type ToWorker = { kind: 'start'; core: NonNullable<Config['core']> } | { kind: 'stop' }

/** What a worker tells the primary. */
export type ToPrimary =
  // Only now does it hear what it is told.
  { kind: 'ready' } | { kind: 'listening'; url: string } | { kind: 'failed'; reason: string }
