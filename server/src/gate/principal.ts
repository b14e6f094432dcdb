/** Who calls, as the gate found out. */
export interface Principal {
  /** Told to Core as `x-achilles-client`. */
  name: string
  /** The only workspaces it may reach; absent: all. */
  workspaces?: readonly string[]
  /** True for callers that nobody identified. */
  anonymous?: true
}

/**
 * An id that a principal can be limited to. Such ids share one header, parted by commas; spaces at either end would be
 * lost there.
 */
export const SCOPED_WORKSPACE = /^(?! )[\x20-\x2b\x2d-\x7e]{1,256}(?<! )$/

/** Everyone, where no credentials are configured. */
export const ANONYMOUS: Principal = { name: 'anonymous', anonymous: true }
