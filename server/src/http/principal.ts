export interface Principal {
  /** Sent to Core as `x-achilles-client`. */
  name: string
  /** Undefined: access to all workspaces. */
  workspaces?: readonly string[]
  anonymous?: true
}

/** Excludes commas and outer spaces: the ids are sent to Core in one comma-separated header. */
export const SCOPED_WORKSPACE = /^(?! )[\x20-\x2b\x2d-\x7e]{1,256}(?<! )$/

/** Every caller is anonymous if no credentials are configured. */
export const ANONYMOUS: Principal = { name: 'anonymous', anonymous: true }
