import type { Measurement } from './measurement.ts'

/** What is asked of the gateway: its CPU time a request as a share of a contender's, at 32 connections. */
export interface Target {
  case: string
  /** Whose share it is. */
  of: string
  against: string
  atMost: number
}

/** What became of a target. */
export interface Outcome extends Target {
  share: number
  met: boolean
}

/** At how many connections the targets hold, the tail is taken and the chart is drawn. */
export const REPORTED_CONNECTIONS = 32

/** Every target. */
export const TARGETS: readonly Target[] = [
  { case: 'REST session', of: 'gateway', against: 'docs-wired', atMost: 0.5 },
  { case: 'native session', of: 'gateway', against: 'docs-wired', atMost: 0.55 },
  { case: 'REST batch of 50', of: 'gateway', against: 'docs-wired', atMost: 0.5 },
  { case: 'native batch of 50', of: 'gateway', against: 'docs-wired', atMost: 0.55 },
  { case: 'REST session', of: 'gateway', against: 'hand-written', atMost: 4 },
  { case: 'REST batch of 50', of: 'gateway', against: 'hand-written', atMost: 1 },
  { case: 'REST batch of 50', of: 'gateway, no grouping', against: 'hand-written', atMost: 1.5 },
  { case: 'REST session', of: 'gateway', against: 'fastapi', atMost: 0.33 },
  { case: 'REST batch of 50', of: 'gateway', against: 'fastapi', atMost: 0.16 },
]

/** Holds the measurements to the targets; those whose contenders were not measured are left out. */
export function outcomesOf(measurements: readonly Measurement[], targets = TARGETS): Outcome[] {
  return targets.flatMap((target) => {
    const cpuOf = (name: string) =>
      measurements.find(
        (one) => one.contender === name && one.case === target.case && one.connections === REPORTED_CONNECTIONS,
      )?.median.cpuMicros
    const [own, other] = [cpuOf(target.of), cpuOf(target.against)]
    if (own === undefined || other === undefined) return []
    return [{ ...target, share: own / other, met: own / other <= target.atMost }]
  })
}
