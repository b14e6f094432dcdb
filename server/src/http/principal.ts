/** An authenticated or anonymous caller. */
export interface Principal {
  /** Sent to Core as `x-achilles-client`. */
  name: string
  /** The workspaces it has access to; absent: all. */
  workspaces?: readonly string[]
  anonymous?: true
}

/**
 * A workspace id that a principal can be limited to. The ids are sent to Core in one comma-separated header, where outer
 * spaces would be lost.
 */
export const SCOPED_WORKSPACE = /^(?! )[\x20-\x2b\x2d-\x7e]{1,256}(?<! )$/

/** Every caller, if no credentials are configured. */
export const ANONYMOUS: Principal = { name: 'anonymous', anonymous: true }
