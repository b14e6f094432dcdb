import type { Ledger } from '@achilles/mcp-client'

/** How things stand between the editor and the gateway. */
export interface Standing {
  link: 'opening' | 'online' | 'offline' | 'ended'
  /** Why it is offline, for a person. */
  reason: string | undefined
  /** Events that wait in memory for the session to open. */
  early: number
  /** Events that were given up because too many waited for the session to open. */
  earlyDropped: number
  /** Of the session; undefined until it is open. */
  ledger: Ledger | undefined
}
