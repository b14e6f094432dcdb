import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { endOf } from '../support/service-process.ts'

const PATH = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/opt/homebrew/bin/haproxy'].find((path) =>
  existsSync(path),
)
if (!PATH) process.stdout.write('haproxy: skipped, HAProxy is not installed\n')

let folder: string
let core: ScriptedCore
let gateway: GatewayProcess
let haproxy: ChildProcess
let url: string
let statsUrl: string

beforeAll(async () => {
  if (!PATH) return
  core = await startScriptedCore()
  gateway = await startGatewayProcess({ ACHILLES_BASE_URL: core.url, ACHILLES_API_KEY: 'k', METRICS_PORT: '0' })
  const [port, statsPort] = [await freePort(), await freePort()]
  url = `http://127.0.0.1:${port}`
  statsUrl = `http://127.0.0.1:${statsPort}/;csv`
  folder = await mkdtemp(join(tmpdir(), 'achilles-haproxy-'))
  const { host } = new URL(gateway.url)
  const { host: metricsHost } = new URL(await gateway.logged(/Metrics at (http[^"\s]+)/))
  await writeFile(
    join(folder, 'haproxy.cfg'),
    `defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:${port}
  default_backend ready
frontend stats
  bind 127.0.0.1:${statsPort}
  stats enable
  stats uri /
backend ready
  option httpchk GET /readyz
  server gateway ${host} check inter 100
backend live
  option httpchk GET /livez HTTP/1.1
  server gateway ${host} check inter 100
backend metrics
  option httpchk GET /metrics
  server gateway ${metricsHost} check inter 100
`,
  )
  haproxy = spawn(PATH, ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: 'ignore' })
})

afterAll(async () => {
  if (!PATH) return
  haproxy.kill('SIGKILL')
  await endOf(haproxy)
  gateway.process.kill('SIGKILL')
  await gateway.ended
  await core.close()
  await rm(folder, { recursive: true })
})

/** The result of HAProxy's health check of a server, e.g. `UP L7OK`. */
async function checked(backend: string): Promise<string> {
  const text = await fetch(statsUrl).then(
    (response) => response.text(),
    () => '',
  )
  const [head = '', ...rows] = text.split('\n')
  const names = head.replace('# ', '').split(',')
  const row = rows.map((line) => line.split(',')).find(([name, server]) => name === backend && server === 'gateway')
  return `${row?.[names.indexOf('status')]} ${row?.[names.indexOf('check_status')]}`
}

test.runIf(PATH).each(['ready', 'live', 'metrics'])('HAProxy’s own check, which sends no Host: %s', async (backend) => {
  await expect.poll(() => checked(backend)).toBe('UP L7OK')
})

test.runIf(PATH)('while Core fails, the check reports the gateway as down, then up again', async () => {
  core.answer(reply(502, {}))
  const call = () => fetch(`${gateway.url}/api/achilles/v1/mcp/health/core`)
  await Promise.all(Array.from({ length: 12 }, call))
  await expect.poll(() => checked('ready')).toBe('DOWN L7STS')
  core.answer(reply(200, { status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null }))
  await expect.poll(() => checked('ready')).toBe('UP L7OK')
  expect((await fetch(`${url}/readyz`, { headers: { host: 'localhost' } })).status).toBe(200)
})
