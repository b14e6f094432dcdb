import type { Spool } from './spool.ts'

/** Keeps nothing beyond the process: the recorder's own memory is all there is. */
export function memorySpool(): Spool {
  return {
    durable: false,
    recover: async () => [],
    append: async () => {},
    remove: async () => {},
    close: async () => {},
  }
}
