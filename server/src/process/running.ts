import type { Config } from '../config.ts'

/** A gateway that runs, whichever way it is spoken with. */
export interface Running {
  close(graceMs: number): Promise<boolean>
  /** Resolves when nobody is left to speak with; absent where anybody may come. */
  inputEnded?: Promise<void>
}

/**
 * Starts a gateway whose code is loaded, in front of the Core at `core`; resolves once it serves.
 * @param core a promise while an embedded Core starts
 */
export type Start = (core: Promise<NonNullable<Config['core']>>) => Promise<Running>
