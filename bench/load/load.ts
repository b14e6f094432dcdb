/** Where calls go. */
export interface Target {
  url: string
  /** Sent with every call. */
  headers: Readonly<Record<string, string>>
}

/** Calls that are being made. */
export interface Load {
  /** How many calls it has under way at most, each on a connection of its own. */
  readonly connections: number
  /** What each call took that was answered so far, in milliseconds. */
  readonly latencies: readonly number[]
  /** The first call's error that failed. */
  readonly fault: unknown
  /**
   * Makes no more calls; resolves once those under way are answered.
   * @throws Error of the first call that failed, whenever it did.
   */
  stop(): Promise<void>
}
