import type { TokenSettings } from './jwt.ts'

/** Who may call: holders of a key or token; if neither is configured and `open` is false, only local callers. */
export interface AuthSettings {
  apiKeysFile: string | undefined
  tokens: TokenSettings | undefined
  open: boolean
  /** The gateway's public URL without a trailing slash; absent: the origin of each request. */
  publicUrl: string | undefined
  /** Origins of web pages that may call; `*` for all. */
  corsOrigins: readonly string[]
  /** Calls per minute and caller; 0 for no limit. */
  ratePerMinute: number
  /** Redis for a rate that replicas share; absent: each replica counts in memory. */
  redisUrl: string | undefined
}
