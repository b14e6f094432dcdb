import type { DATA_DIR_IN_USE } from './data-dir-lock.ts'

/** What the parent tells its child. Secrets travel here, never on the command line. */
export type ToChild =
  | {
      kind: 'start'
      dataDir: string
      databaseUrl: string | undefined
      lockWaitMs: number | undefined
      apiKey: string
    }
  | { kind: 'stop' }

/** What the child tells its parent. */
export type ToParent =
  | { kind: 'ready'; url: string }
  | { kind: 'failed'; message: string; code?: typeof DATA_DIR_IN_USE }
