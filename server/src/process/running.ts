import type { Config } from '../config.ts'

/** A gateway that runs, whichever way it is spoken with. */
export interface Running {
  close(graceMs: number): Promise<boolean>
  /** Resolves when nobody is left to speak with; absent where anybody may come. */
  inputEnded?: Promise<void>
}

/** Starts a gateway whose code is loaded, in front of the Core at `core`. */
export type Start = (core: NonNullable<Config['core']>) => Promise<Running>
