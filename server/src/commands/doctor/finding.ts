/** `skipped`: what an earlier fault left nothing to ask of. */
export type Verdict = 'ok' | 'warning' | 'fault' | 'skipped'

/** What a check found. */
export interface Finding {
  verdict: Verdict
  /** What was seen, in a line. */
  seen: string
  /** What a person should do about it. */
  advice?: string
  /** True where the rest of Core cannot be looked at: it does not answer, or not with this key. */
  ends?: true
}

/** A check by its name; one that asks somebody gives a promise, and is timed. */
export interface Check {
  name: string
  run: () => Finding | Promise<Finding>
}

export const ok = (seen: string): Finding => ({ verdict: 'ok', seen })
export const warning = (seen: string, advice: string): Finding => ({ verdict: 'warning', seen, advice })
export const fault = (seen: string, advice: string): Finding => ({ verdict: 'fault', seen, advice })
export const skipped = (seen: string): Finding => ({ verdict: 'skipped', seen })
