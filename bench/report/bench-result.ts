import { arch, cpus, platform, release } from 'node:os'
import type { Contender } from '../contenders/contender.ts'
import type { Measurement } from '../figures/measurement.ts'
import type { Outcome } from '../figures/target.ts'
import type { Tail } from '../measure-tail.ts'

/** The result of a run of the bench, and the content of its JSON file. */
export interface BenchResult {
  at: string
  machine: ReturnType<typeof thisMachine>
  rounds: number
  /** The least duration of a sample, in milliseconds. */
  measureMs: number
  contenders: Pick<Contender, 'name' | 'about'>[]
  measurements: Measurement[]
  outcomes: Outcome[]
  /** Undefined if the case that sets its rate was not measured. */
  tail: Tail | undefined
}

export const thisMachine = () => ({
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  system: `${platform()} ${release()} ${arch()}`,
})
