import type { Spool } from './spool.ts'

/** Stores nothing: pending events exist only in the recorder’s memory, and are lost with the process. */
export function memorySpool(): Spool {
  return {
    durable: false,
    recover: async () => [],
    append: async () => {},
    remove: async () => {},
    close: async () => {},
  }
}
