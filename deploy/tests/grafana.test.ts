import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { knownSeries } from './alert-rules.ts'
import { checkExpression } from './check-expression.ts'
import { dashboard, type Panel, substitute } from './dashboard.ts'
import { readDeployFile } from './deploy-file.ts'
import { knownMetrics } from './known-metrics.ts'
import { hasPromtool, promtool } from './promtool.ts'

if (!hasPromtool) process.stdout.write('skipped: checking the dashboard (promtool is not installed)\n')

const known = knownSeries()
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const targets = panels.flatMap(({ targets = [] }) => targets)
const DATASOURCE = { type: 'prometheus', uid: '$' + '{datasource}' }

test('the rows are in the order in which an operator reads them', () => {
  const rows = dashboard.panels.filter(({ type }) => type === 'row').sort((a, b) => a.gridPos.y - b.gridPos.y)
  expect(rows.map(({ title }) => title)).toEqual(['Traffic', 'Core', 'Events', 'Guard', 'Faults', 'Process'])
})

test('the variables query existing metrics and labels', () => {
  const variables = dashboard.templating.list
  expect(variables.map(({ name }) => name)).toEqual(['datasource', 'instance', 'surface'])
  for (const { definition } of variables.filter(({ type }) => type === 'query')) {
    const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? '') ?? []
    const { faults, labels } = checkExpression(selector, known)
    expect(faults).toEqual([])
    expect([...labels]).toContain(label)
  }
})

test('panels have unique ids and do not overlap', () => {
  const ids = dashboard.panels.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)

  const taken = new Map<string, string>()
  for (const { title, gridPos } of dashboard.panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.get(`${x},${y}`), `${title} at ${x},${y}`).toBeUndefined()
        taken.set(`${x},${y}`, title)
      }
    }
  }
})

describe.each(panels)('$title', (panel: Panel) => {
  test('has a description, a unit and the selected data source', () => {
    expect(panel.description).toMatch(/\.$/)
    expect(panel.fieldConfig?.defaults.unit).toMatch(/^\w+$/)
    for (const { datasource } of [panel, ...(panel.targets ?? [])]) expect(datasource).toEqual(DATASOURCE)
  })

  test('queries existing metrics, filtered by the variables', () => {
    expect(panel.targets).not.toHaveLength(0)
    for (const { expr } of panel.targets ?? []) {
      const { faults, selectors } = checkExpression(substitute(expr), known)
      expect(faults).toEqual([])
      for (const { metric, labels } of selectors) {
        expect(labels, metric).toEqual(expect.arrayContaining(['job', 'instance']))
        if (metric.startsWith('http_server_')) expect(labels, metric).toContain('surface')
      }
    }
  })

  test('has legends with existing labels', () => {
    for (const { expr, legendFormat } of panel.targets ?? []) {
      const { labels } = checkExpression(substitute(expr), known)
      const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
      expect(legendFormat).not.toBe('')
      expect([...labels].sort(), legendFormat).toEqual(named.sort())
    }
  })
})

test('shows every metric of the gateway', () => {
  const seen = new Set(
    targets.flatMap(({ expr }) =>
      checkExpression(substitute(expr), known).selectors.map(({ metric }) =>
        metric.replace(/_(bucket|sum|count)$/, ''),
      ),
    ),
  )
  const own = [...knownMetrics({ ofProcess: false }).keys()].map((name) => name.replace(/_(bucket|sum|count)$/, ''))
  for (const metric of own) expect([...seen]).toContain(metric)
})

test.skipIf(!hasPromtool)('promtool accepts every expression', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'expressions.json')
  const rules = targets.map(({ expr }, index) => ({ record: `expression:${index}`, expr: substitute(expr) }))
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
  const { code, output } = promtool('check', 'rules', file)
  expect(output).toContain(`SUCCESS: ${targets.length} rules found`)
  expect(code, output).toBe(0)
})

test('Grafana loads the dashboard, with Prometheus’ scrape interval', () => {
  const { providers } = readDeployFile<{ providers: { options: { path: string } }[] }>(
    'grafana/provisioning/dashboards/achilles.yml',
  )
  expect(providers.map(({ options }) => options.path)).toEqual(['/var/lib/grafana/dashboards'])

  const { datasources } = readDeployFile<{ datasources: { type: string; jsonData: { timeInterval: string } }[] }>(
    'grafana/provisioning/datasources/prometheus.yml',
  )
  const { global } = readDeployFile<{ global: { scrape_interval: string } }>('prometheus/prometheus.yml')
  expect(datasources).toMatchObject([{ type: 'prometheus', jsonData: { timeInterval: global.scrape_interval } }])
})
