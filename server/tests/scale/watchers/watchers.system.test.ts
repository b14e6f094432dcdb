import { expect, test } from 'vitest'
import { findNginx } from '../../support/nginx-proxy.ts'
import { formatFigures } from './format-figures.ts'
import { runWatchers } from './run-watchers.ts'

const nginx = findNginx()
if (!nginx) process.stdout.write('skipped: watchers of insights (there is no nginx, or NGINX_PATH)\n')

test.skipIf(!nginx)('every watcher gets each insight once while gateways are killed and replaced', async () => {
  const figures = await runWatchers({
    watchers: 60,
    sessions: 12,
    settleMs: 0,
    idleMs: 2_000,
    phaseMs: 3_000,
    onProgress() {},
  })
  process.stdout.write(`watchers: ${formatFigures(figures)}\n`)
  expect(figures.wrong).toEqual([])
  expect(figures.insights).toBeGreaterThan(100)
  expect(figures.delivered).toBe(5 * figures.insights)
})
