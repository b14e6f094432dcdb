import { checkExpression } from './check-expression.ts'
import { readDeployFile } from './deploy-file.ts'
import { type KnownMetrics, knownMetrics } from './known-metrics.ts'

/** An alert of `prometheus/alerts.yml`. */
export interface AlertRule {
  alert: string
  expr: string
  for?: string
  labels: { severity: string }
  annotations: { summary: string; description: string; runbook_url: string }
}

export interface RecordingRule {
  record: string
  expr: string
}

const { groups } = readDeployFile<{ groups: { name: string; rules: (AlertRule | RecordingRule)[] }[] }>(
  'prometheus/alerts.yml',
)
const rules = groups.flatMap((group) => group.rules)

export const recordingRules: readonly RecordingRule[] = rules.filter((rule) => 'record' in rule)
export const alertRules: readonly AlertRule[] = rules.filter((rule) => 'alert' in rule)

/** The series of the gateways and of the recording rules. */
export function knownSeries(): KnownMetrics {
  const known = knownMetrics()
  for (const { record, expr } of recordingRules) known.set(record, checkExpression(expr, known).labels)
  return known
}
