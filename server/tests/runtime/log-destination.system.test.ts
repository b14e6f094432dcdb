import { type ChildProcess, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { endOf, spawnGateway } from '../support/gateway-process.ts'

const REST = '/api/achilles/v1/mcp'

let gateway: ChildProcess | undefined

afterEach(async () => {
  gateway?.kill('SIGKILL')
  if (gateway) await endOf(gateway)
})

/** Starts a gateway and reads only its first lines; more are read on demand. */
async function start(through: string[] = []): Promise<{ url: string; metricsUrl: string }> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  gateway = spawnGateway(
    {
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      ACHILLES_BASE_URL: 'http://127.0.0.1:1',
      ACHILLES_API_KEY: 'k',
      RATE_LIMIT_PER_MINUTE: '0',
    },
    { through },
  )
  gateway.stderr?.pipe(process.stderr)
  const [url, metricsUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${metricsPort}/metrics`]
  await expect
    .poll(() =>
      fetch(`${url}/livez`).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200)
  return { url, metricsUrl }
}

const droppedAt = async (metricsUrl: string) =>
  Number(/^log_lines_dropped_total (\d+)/m.exec(await (await fetch(metricsUrl)).text())?.[1])

async function callUntilDropped(url: string, metricsUrl: string): Promise<void> {
  const headers = { 'x-request-id': 'x'.repeat(128), traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }
  // A batch of 20 calls is one long line with all of them.
  const path = `/trpc/${Array.from({ length: 20 }, () => 'errors.correlate').join(',')}?batch=1`
  const init = { method: 'POST', body: '{}', headers: { ...headers, 'content-type': 'application/json' } }
  while ((await droppedAt(metricsUrl)) === 0) {
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 10 }, () => fetch(url + path, init).then((response) => response.text())))
    }
  }
}

test('reader stops: calls succeed, lines are dropped and counted, and a signal ends the gateway', async () => {
  const { url, metricsUrl } = await start()
  await callUntilDropped(url, metricsUrl)
  expect((await fetch(`${url}${REST}/health`)).status).toBe(200)
  gateway?.kill('SIGTERM')
  expect(await endOf(gateway as ChildProcess)).toBe(0)
})

test('reader resumes: it reads the number of dropped lines, and every later line', async () => {
  const { url, metricsUrl } = await start()
  await callUntilDropped(url, metricsUrl)
  const lines: Record<string, unknown>[] = []
  const { stdout } = gateway as ChildProcess
  if (stdout) createInterface(stdout).on('line', (line) => lines.push(JSON.parse(line)))
  await expect.poll(() => lines.find(({ dropped }) => dropped !== undefined)).toBeDefined()
  expect(lines.find(({ dropped }) => dropped !== undefined)?.dropped).toBe(await droppedAt(metricsUrl))
  await fetch(`${url}${REST}/health`, { headers: { 'x-request-id': 'the-last' } })
  await expect.poll(() => lines.at(-1)?.request_id).toBe('the-last')
})

test('reader gone: calls succeed, and lines are counted as dropped', async () => {
  const { url, metricsUrl } = await start()
  gateway?.stdout?.destroy()
  await expect
    .poll(async () => {
      await fetch(`${url}${REST}/health`)
      return droppedAt(metricsUrl)
    })
    .toBeGreaterThan(0)
  gateway?.kill('SIGTERM')
  expect(await endOf(gateway as ChildProcess)).toBe(0)
})

test('full disk (/dev/full): calls succeed, and the exit code is 0', async () => {
  const { url } = await start(['/bin/sh', '-c', 'exec "$@" > /dev/full', 'sh'])
  for (let call = 0; call < 20; call++) expect((await fetch(`${url}${REST}/health`)).status).toBe(200)
  gateway?.kill('SIGTERM')
  expect(await endOf(gateway as ChildProcess)).toBe(0)
})

const canMount = process.getuid?.() === 0 && process.platform === 'linux'
if (!canMount) process.stdout.write('log-destination: the full disk that recovers is skipped, mounting needs root\n')

test.runIf(canMount)('full disk with space again: later lines are written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'achilles-log-'))
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status !== 0) {
    process.stdout.write('log-destination: skipped, a tmpfs cannot be mounted here\n')
    rmSync(folder, { recursive: true })
    return
  }
  try {
    const ballast = join(folder, 'ballast')
    const { url } = await start(['/bin/sh', '-c', `exec "$@" >> ${folder}/log`, 'sh'])
    writeFileSync(ballast, '')
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096', 'count=64'])
    for (let call = 0; call < 50; call++) expect((await fetch(`${url}${REST}/health`)).status).toBe(200)
    unlinkSync(ballast)
    const read = () => readFileSync(join(folder, 'log'), 'utf8')
    await expect
      .poll(async () => {
        await fetch(`${url}${REST}/health`, { headers: { 'x-request-id': 'there-is-room' } })
        return read()
      })
      .toContain('there-is-room')
    for (const line of read().trim().split('\n')) JSON.parse(line)
  } finally {
    gateway?.kill('SIGKILL')
    if (gateway) await endOf(gateway)
    spawnSync('umount', [folder])
    rmSync(folder, { recursive: true })
  }
})
