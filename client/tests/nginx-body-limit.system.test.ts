import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { idsIn } from '../../server/tests/support/event-core.ts'
import { freePort } from '../../server/tests/support/free-port.ts'
import { findNginx } from '../../server/tests/support/nginx-proxy.ts'
import { type ScriptedCore, startScriptedCore } from '../../server/tests/support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import { createGatewayClient, openSession } from '../src/index.ts'
import { recordingCore } from './recording-core.ts'

const nginx = findNginx()
if (!nginx) process.stdout.write('skipped: a batch behind a stock nginx (there is no nginx, or NGINX_PATH)\n')

/** Nothing set that is not needed to run beside others: `client_max_body_size` is nginx's default of 1 MiB. */
const config = (folder: string, port: number, gatewayUrl: string) => `
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass ${gatewayUrl}; }
  }
}`

describe.skipIf(!nginx)('behind a stock nginx', () => {
  let folder: string
  let core: ScriptedCore
  let gateway: TestGateway
  let child: ChildProcess
  let url: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'achilles-stock-nginx-'))
    core = await startScriptedCore()
    core.answer(recordingCore())
    gateway = await startTestGateway(core)
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    await writeFile(join(folder, 'nginx.conf'), config(folder, port, gateway.url))
    const directives = process.getuid?.() === 0 ? 'daemon off; user root;' : 'daemon off;'
    const args = ['-e', join(folder, 'error.log'), '-p', folder, '-c', join(folder, 'nginx.conf'), '-g', directives]
    child = spawn(nginx as string, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`nginx ended with exit code ${child.exitCode}`)
      await delay(20)
    }
  })

  afterAll(async () => {
    if (child && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    }
    await gateway?.close()
    await core?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('60 events of 50 kB are accepted, all of them', async () => {
    const session = openSession(createGatewayClient({ url, retries: 0 }), {
      client_name: 'test',
      client_version: '1.0.0',
      workspace_id: 'ws',
      user_id: 'ada',
      external_session_key: 'nginx',
    })
    const ids = Array.from({ length: 60 }, () =>
      session.record({ event_type: 'custom', source_type: 'ci', payload: { text: 'x'.repeat(50_000) } }),
    )
    await session.flush()
    expect(session.ledger()).toMatchObject({ accepted: 60, failed: 0, pending: 0, dropped: {} })
    const stored = core.seen.filter(({ url }) => url === '/signals/events/batch').flatMap(({ text }) => idsIn(text))
    expect(stored.sort()).toEqual(ids.sort())
    await session.end()
  })

  test('an event too large for it stays pending, and holds up no other', async () => {
    const session = openSession(createGatewayClient({ url, retries: 0 }), {
      client_name: 'test',
      client_version: '1.0.0',
      workspace_id: 'ws',
      user_id: 'ada',
      external_session_key: 'nginx',
    })
    session.record({
      event_type: 'custom',
      source_type: 'ci',
      payload: { text: randomBytes(1_500_000).toString('base64') },
    })
    for (let count = 0; count < 10; count++) session.record({ event_type: 'custom', source_type: 'ci' })
    await expect.poll(() => session.ledger()).toMatchObject({ accepted: 10, failed: 0, pending: 1 })
    await session.close({ deadlineMs: 0 })
  })
})

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).once('error', () => resolve(false))
  })
}
