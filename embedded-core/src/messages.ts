import type { DATA_DIR_IN_USE, Holder } from './data-dir-lock.ts'

/** A message to the child. Secrets are sent here, never on the command line. */
export type ToChild =
  | {
      kind: 'start'
      dataDir: string
      databaseUrl: string | undefined
      holder: Holder
      lockWaitMs: number | undefined
      apiKey: string
    }
  // The gateway drains: processes that wait for the data directory should wait longer.
  | { kind: 'ending' }
  | { kind: 'stop' }

export type ToParent =
  | { kind: 'ready'; url: string }
  | { kind: 'failed'; message: string; code?: typeof DATA_DIR_IN_USE }
