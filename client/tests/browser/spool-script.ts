import { indexedDbSpool } from '../../src/spool/indexed-db-spool/indexed-db-spool.ts'
import type { Spool } from '../../src/spool/spool.ts'

declare global {
  var openSpool: typeof indexedDbSpool
  /** The spool of the page or worker. */
  var spool: Spool
}

globalThis.openSpool = indexedDbSpool
globalThis.spool = indexedDbSpool()
