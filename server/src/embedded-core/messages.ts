import type { DATA_DIR_IN_USE, Holder } from './data-dir-lock.ts'

/** What the parent tells its child. Secrets travel here, never on the command line. */
export type ToChild =
  | {
      kind: 'start'
      dataDir: string
      databaseUrl: string | undefined
      holder: Holder
      lockWaitMs: number | undefined
      apiKey: string
    }
  // The gateway drains: who waits for the data directory may wait on.
  | { kind: 'ending' }
  | { kind: 'stop' }

/** What the child tells its parent. */
export type ToParent =
  | { kind: 'ready'; url: string }
  | { kind: 'failed'; message: string; code?: typeof DATA_DIR_IN_USE }
