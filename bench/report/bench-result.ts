import { arch, cpus, platform, release } from 'node:os'
import type { Contender } from '../contenders/contender.ts'
import type { Measurement } from '../figures/measurement.ts'
import type { Outcome } from '../figures/target.ts'
import type { Tail } from '../measure-tail.ts'

/** All that a run of the bench found; what its JSON file holds. */
export interface BenchResult {
  /** When it began to measure, ISO 8601. */
  at: string
  machine: ReturnType<typeof thisMachine>
  rounds: number
  /** How long each sample took at least, in milliseconds. */
  measureMs: number
  contenders: Pick<Contender, 'name' | 'about'>[]
  measurements: Measurement[]
  outcomes: Outcome[]
  /** Undefined where what it builds upon was not measured. */
  tail: Tail | undefined
}

/** Where the figures were taken. */
export const thisMachine = () => ({
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  system: `${platform()} ${release()} ${arch()}`,
})
