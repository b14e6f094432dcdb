import type { Measurement } from './measure.ts'

/** A limit for the CPU time per request, as a share of another contender's, at 32 connections. */
export interface Target {
  case: string
  /** The contender whose CPU time is compared. */
  of: string
  against: string
  atMost: number
}

export interface Outcome extends Target {
  share: number
  met: boolean
}

/** The number of connections for the targets, the tail latency and the chart. */
export const REPORTED_CONNECTIONS = 32

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

/** Omits targets whose contenders were not measured. */
export function checkTargets(measurements: readonly Measurement[], targets = TARGETS): Outcome[] {
  return targets.flatMap((target) => {
    const getCpu = (name: string) =>
      measurements.find(
        (one) => one.contender === name && one.case === target.case && one.connections === REPORTED_CONNECTIONS,
      )?.median.cpuMicros
    const [own, other] = [getCpu(target.of), getCpu(target.against)]
    if (own === undefined || other === undefined) return []
    return [{ ...target, share: own / other, met: own / other <= target.atMost }]
  })
}
