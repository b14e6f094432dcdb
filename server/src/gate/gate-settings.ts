import type { TokenSettings } from './jwt.ts'

/** Who may call: holders of a key or a token; where neither is configured nor `open`, local callers alone. */
export interface GateSettings {
  apiKeysFile: string | undefined
  tokens: TokenSettings | undefined
  open: boolean
  /** Where callers reach the gateway, without a slash at its end; absent: the origin that each request names. */
  publicUrl: string | undefined
  /** Origins whose pages may call; `*` for all. */
  corsOrigins: readonly string[]
  /** Calls a minute for each caller; 0 for no limit. */
  ratePerMinute: number
  /** Where replicas keep one rate together; without it each keeps its own in memory. */
  redisUrl: string | undefined
}
