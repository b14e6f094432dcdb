import { expect, test } from 'vitest'
import { checkExpression } from './check-expression.ts'
import { knownMetrics } from './known-metrics.ts'

const known = knownMetrics()

test.each([
  ['up{', 'does not parse at 3'],
  ['rate(requests_total[5m])', 'no metric requests_total'],
  ['up{status="200"}', 'no label status on up'],
  ['{__name__="up"}', 'selects without a metric'],
  ['sum by (surface) (up)', 'nothing has the label surface to aggregate by'],
  ['sum without (job) (up)', 'aggregates otherwise than by labels'],
  ['up and on (job) up', 'matches on chosen labels'],
  [
    'histogram_quantile(0.99, sum by (status) (rate(core_request_duration_seconds_bucket[5m])))',
    'a quantile of what has no label le',
  ],
])('%s: %s', (text, fault) => {
  expect(checkExpression(text, known).faults).toEqual([`${fault}, in: ${text}`])
})

test.each([
  ['up', ['instance', 'job']],
  ['sum(up)', []],
  ['sum by (job) (up) == 0 or absent(up{job="a"})', ['job']],
  ['0 * sum by (instance) (up offset 5m) > bool 0', ['instance']],
  ['min_over_time((core_calls_queued + core_calls_in_flight)[30m:1m] offset 2h)', ['instance', 'job']],
  ['sum by (surface) (rate(http_server_request_duration_seconds_count{status=~"5.."}[5m]))', ['surface']],
  ['histogram_quantile(0.99, sum by (operation, le) (rate(core_request_duration_seconds_bucket[5m])))', ['operation']],
])('%s yields the labels %j', (text, labels) => {
  const checked = checkExpression(text, known)
  expect(checked.faults).toEqual([])
  expect([...checked.labels].sort()).toEqual(labels)
})
