export interface LoadTarget {
  url: string
  /** Sent with every call. */
  headers: Readonly<Record<string, string>>
}

export interface Load {
  /** The number of connections, and so the most in-flight calls. */
  readonly connections: number
  /** The duration of each completed call, in milliseconds. */
  readonly latencies: readonly number[]
  /** The error of the first call that failed. */
  readonly firstError: unknown
  /**
   * Starts no more calls; resolves once the in-flight calls are complete.
   * @throws Error of the first call that failed.
   */
  stop(): Promise<void>
}
