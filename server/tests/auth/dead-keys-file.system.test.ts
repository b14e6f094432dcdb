import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeadMount, mountDead } from '../support/dead-mount.ts'
import { spawnGateway, startGatewayProcess } from '../support/gateway-process.ts'
import { untilEnded } from '../support/service-process.ts'

let folder: string
let settings: Record<string, string>
let dead: DeadMount | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dead-keys-file-'))
  const path = join(folder, 'keys.json')
  const sha256 = createHash('sha256').update('a-key').digest('hex')
  await writeFile(path, JSON.stringify([{ name: 'ada', sha256 }]), { mode: 0o600 })
  settings = { ACHILLES_BASE_URL: 'http://127.0.0.1:9', ACHILLES_API_KEY: 'core-key', GATEWAY_API_KEYS_FILE: path }
})

afterEach(async () => {
  dead?.remove()
  dead = undefined
  await rm(folder, { recursive: true, force: true })
})

test('a gateway whose keys file system stops responding still serves and stops', async (context) => {
  const gateway = await startGatewayProcess(settings)
  dead = mountDead(folder)
  if (!dead) {
    gateway.process.kill('SIGKILL')
    return context.skip()
  }
  await expect.poll(() => gateway.lines.join('\n')).toContain('no response within 5 s')
  const call = (key: string) =>
    fetch(`${gateway.url}/api/achilles/v1/mcp/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
    })
  expect((await call('a-key')).status).not.toBe(401)
  expect((await call('another')).status).toBe(401)
  gateway.process.kill('SIGTERM')
  await gateway.ended
})

test('a gateway whose keys file system does not respond at the start exits with an error', async (context) => {
  dead = mountDead(folder)
  if (!dead) return context.skip()
  const { stderr } = await untilEnded(spawnGateway(settings))
  expect(stderr).toContain('keys.json: cannot be read (no response within 5 s)')
})
