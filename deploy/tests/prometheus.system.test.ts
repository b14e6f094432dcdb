import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { alertRules, knownSeries, recordingRules } from './alert-rules.ts'
import { checkExpression } from './check-expression.ts'
import { deployPath, readDeployFile } from './deploy-file.ts'
import { hasPromtool, promtool } from './promtool.ts'

if (!hasPromtool) process.stdout.write('skipped: checking the alert rules (promtool is not installed)\n')

const known = knownSeries()
const cases = readDeployFile<{
  tests: { promql_expr_test?: { expr: string; exp_samples: { labels: string }[] }[] }[]
}>('prometheus/alerts.test.yml').tests.flatMap(({ promql_expr_test: expressions = [] }) => expressions)
const RUNBOOK = deployPath('../RUNBOOK.md')
const RUNBOOK_SECTIONS = [
  'gateway-down',
  'errors',
  'slow',
  'circuit-open',
  'core-slow',
  'saturated',
  'contract-violations',
  'unlisted-values',
  'events-failing',
  'rate-limited',
  'dependency-failing',
  'streams-limited',
  'event-loop',
  'memory',
  'restarts',
]

describe.skipIf(!hasPromtool)('promtool', () => {
  test.each([
    ['config', 'prometheus/prometheus.yml'],
    ['rules', 'prometheus/alerts.yml'],
  ])('accepts the %s', (what, file) => {
    const { code, output } = promtool('check', what, deployPath(file))
    expect(output).toContain('SUCCESS')
    expect(code, output).toBe(0)
  })

  test('runs the tests of the alerts', () => {
    const { code, output } = promtool('test', 'rules', deployPath('prometheus/alerts.test.yml'))
    expect(output).toContain('SUCCESS')
    expect(code, output).toBe(0)
  }, 120_000)
})

test.each([...recordingRules, ...alertRules])('$record$alert queries existing metrics of the job', ({ expr }) => {
  const { faults, selectors } = checkExpression(expr, known)
  expect(faults).toEqual([])
  for (const { metric, labels } of selectors) {
    // Recorded series are already filtered by job; other series may come from any process.
    if (!metric.includes(':')) expect(labels, metric).toContain('job')
  }
})

describe.each(alertRules)('$alert', ({ alert, expr, labels, annotations }) => {
  test('has a severity, a summary, instructions and a runbook section', () => {
    expect(['critical', 'warning', 'info']).toContain(labels.severity)
    expect(Object.keys(annotations).sort()).toEqual(['description', 'runbook_url', 'summary'])
    expect(annotations.description).toMatch(/\blook\b|\bsee\b|\bask\b/i)
    const [page, section] = annotations.runbook_url.split('#')
    expect(page).toBe('RUNBOOK.md')
    expect(RUNBOOK_SECTIONS).toContain(section)
  })

  test('uses only labels of its result', () => {
    const { labels: has } = checkExpression(expr, known)
    const spoken = Object.values(annotations).flatMap((text) => [...text.matchAll(/\$labels\.(\w+)/g)])
    for (const [, label] of spoken) expect([...has]).toContain(label)
  })

  test('has a test that it fires and a test that it does not', () => {
    const fires = cases.filter(({ exp_samples }) =>
      exp_samples.some(
        (sample) => sample.labels.includes(`alertname="${alert}"`) && sample.labels.includes('alertstate="firing"'),
      ),
    )
    const keepsQuiet = cases.filter(({ expr, exp_samples }) => expr.includes(`"${alert}"`) && exp_samples.length === 0)
    expect(fires).not.toEqual([])
    expect(keepsQuiet).not.toEqual([])
  })
})

test('every section of the runbook is linked by an alert', () => {
  const ledTo = alertRules.map(({ annotations }) => annotations.runbook_url.split('#')[1])
  expect([...new Set(ledTo)].sort()).toEqual([...RUNBOOK_SECTIONS].sort())
})

test('the runbook has every section', () => {
  const headings = [...readFileSync(RUNBOOK, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
  expect(headings).toEqual(expect.arrayContaining(RUNBOOK_SECTIONS))
})

test('the rules select the job that Prometheus scrapes', () => {
  const { scrape_configs } = readDeployFile<{
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
  }>('prometheus/prometheus.yml')
  const jobs = new Set(
    [...recordingRules, ...alertRules].flatMap(({ expr }) =>
      [...expr.matchAll(/job="([^"]*)"/g)].map(([, job]) => job),
    ),
  )
  expect([...jobs]).toEqual(scrape_configs.map(({ job_name }) => job_name))
  expect(scrape_configs.flatMap((scrape) => scrape.static_configs.flatMap(({ targets }) => targets))).toEqual([
    'gateway-1:9464',
    'gateway-2:9464',
    'gateway-3:9464',
  ])
})
