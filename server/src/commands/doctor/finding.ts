import type { Line } from './line.ts'

/** `skipped`: what an earlier fault left nothing to ask of. */
export type Verdict = 'ok' | 'warning' | 'fault' | 'skipped'

/** What a check found. */
export interface Finding {
  verdict: Verdict
  /** What was seen, in a line. */
  seen: Line
  /** What a person should do about it. */
  advice?: Line
  /** True where the rest of Core cannot be looked at: it does not answer, or not with this key. */
  ends?: true
}

/** A check by its name; one that asks somebody gives a promise, and is timed. */
export interface Check {
  name: string
  run: () => Finding | Promise<Finding>
}

export const ok = (seen: Line): Finding => ({ verdict: 'ok', seen })
export const warning = (seen: Line, advice: Line): Finding => ({ verdict: 'warning', seen, advice })
export const fault = (seen: Line, advice: Line): Finding => ({ verdict: 'fault', seen, advice })
export const skipped = (seen: Line): Finding => ({ verdict: 'skipped', seen })
