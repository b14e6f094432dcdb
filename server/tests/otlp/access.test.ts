import { describe, expect } from 'vitest'
import { bearer, KEYS, writeKeysFile } from '../support/keys-file.ts'
import { exportOtlp, logsOf } from '../support/otlp-requests.ts'
import type { ScriptedCore } from '../support/scripted-core.ts'
import { testWithCore } from '../support/scripted-gateway.ts'
import { storeSessions } from '../support/session-core.ts'
import { startTestGateway } from '../support/test-gateway.ts'
import { testSource } from '../support/test-source.ts'

async function startWithKeys(core: ScriptedCore, workspaces: string[], ratePerMinute = 0) {
  const keys = await writeKeysFile(workspaces)
  const auth = { apiKeysFile: keys.path, ratePerMinute }
  const gateway = await startTestGateway(core, { auth, agentSources: [testSource] })
  return {
    ...gateway,
    async close() {
      await gateway.close()
      await keys.remove()
    },
  }
}

const test = testWithCore
  .extend('gateway', { scope: 'file' }, async ({ core }, { onCleanup }) => {
    const gateway = await startWithKeys(core, ['ws-1', 'ws-2'])
    onCleanup(gateway.close)
    return gateway
  })
  .extend('stored', ({ core }) => storeSessions(core))

const limited = bearer(KEYS.limited)
const everything = bearer(KEYS.everything)
let next = 0
/** A session that no other test has. */
const logs = (resource: Record<string, string> = {}, more: { user?: string } = {}) =>
  logsOf([{ session: `s-${next++}`, id: 'e-1', ...more }], { resource })

describe('credentials', () => {
  test('none, or wrong ones: 401 with a challenge, and the body is not read', async ({ gateway, stored }) => {
    for (const headers of [{}, bearer('wrong')]) {
      const answer = await exportOtlp(`${gateway.url}/v1/logs`, '{ no JSON', headers)
      expect(answer).toMatchObject({ status: 401, message: expect.stringContaining('API key') })
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    }
    expect((await exportOtlp(`${gateway.url}/v1/metrics`, '{}')).status).toBe(401)
    expect(stored.calls).toEqual([])
  })

  test('the name and the workspaces of the key go to Core', async ({ core, gateway, stored }) => {
    await exportOtlp(`${gateway.url}/v1/logs`, logs(), { ...limited, 'x-achilles-workspace': 'ws-1' })
    expect(stored.events).toHaveLength(1)
    for (const { headers } of core.seen) {
      expect(headers).toMatchObject({ 'x-achilles-client': 'limited', 'x-achilles-workspaces': 'ws-1,ws-2' })
      expect(headers).not.toHaveProperty('x-achilles-workspace')
    }
  })
})

describe('the workspace', () => {
  test.for([
    ['the header', { 'x-achilles-workspace': 'ws-2' }, { 'achilles.workspace': 'ws-1' }, 'ws-2'],
    ['else the resource attribute', {}, { 'achilles.workspace': 'ws-1' }, 'ws-1'],
  ] as const)('%s', async ([_, headers, resource, workspace], { gateway, stored }) => {
    await exportOtlp(`${gateway.url}/v1/logs`, logs(resource), { ...limited, ...headers })
    expect([...stored.sessions.values()]).toMatchObject([{ workspace_id: workspace }])
  })

  test('outside the key: 403, also for a session that another caller opened', async ({ gateway, stored }) => {
    const body = logs({ 'achilles.workspace': 'ws-9' })
    expect((await exportOtlp(`${gateway.url}/v1/logs`, body, everything)).status).toBe(200)
    expect(await exportOtlp(`${gateway.url}/v1/logs`, body, limited)).toMatchObject({
      status: 403,
      message: 'workspace_id: limited has no access to workspace ws-9',
    })
    expect(stored.events).toHaveLength(1)
  })

  test('none, for a key of several or of all workspaces: 400', async ({ gateway, stored }) => {
    for (const key of [limited, everything]) {
      expect(await exportOtlp(`${gateway.url}/v1/logs`, logs(), key)).toMatchObject({
        status: 400,
        message: expect.stringContaining('x-achilles-workspace: is missing'),
      })
    }
    expect(stored.calls).toEqual([])
  })

  test('no valid id: 400', async ({ gateway }) => {
    const headers = { ...everything, 'x-achilles-workspace': 'w'.repeat(257), 'x-achilles-user': 'u'.repeat(257) }
    expect(await exportOtlp(`${gateway.url}/v1/logs`, logs(), headers)).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^x-achilles-workspace: must be 1 to 256 characters.* \(and 1 more\)$/),
    })
  })
})

test('the only workspace of a key is used where none is named', async ({ core, stored }) => {
  const gateway = await startWithKeys(core, ['ws-only'])
  await exportOtlp(`${gateway.url}/v1/logs`, logs(), limited)
  expect([...stored.sessions.values()]).toMatchObject([{ workspace_id: 'ws-only' }])
  await gateway.close()
})

describe('the user', () => {
  const at = { 'achilles.workspace': 'ws-1' }
  test.for([
    ['the header', { 'x-achilles-user': 'ada' }, { 'achilles.user': 'eve' }, { user: 'bob' }, 'ada'],
    ['else achilles.user', {}, { 'achilles.user': 'eve', 'user.email': 'no' }, { user: 'bob' }, 'eve'],
    ['else whom the agent names', {}, { 'user.email': 'no' }, { user: 'bob' }, 'bob'],
    ['else whom the resource names', {}, { 'user.id': 'no', 'user.email': 'ada@example.com' }, {}, 'ada@example.com'],
    ['else the owner of the process', {}, { 'process.owner': 'ada' }, {}, 'ada'],
    ['else the caller', {}, {}, {}, 'limited'],
  ] as const)('%s', async ([_, headers, resource, more, user], { gateway, stored }) => {
    await exportOtlp(`${gateway.url}/v1/logs`, logs({ ...at, ...resource }, more), { ...limited, ...headers })
    expect([...stored.sessions.values()]).toMatchObject([{ user_id: user }])
  })
})

test('each session of a request counts for the rate', async ({ core, stored }) => {
  const gateway = await startWithKeys(core, ['ws-1'], 10)
  const sessions = () => {
    const records = Array.from({ length: 8 }, () => ({ session: `s-${next++}`, id: 'e' }))
    return logsOf(records, { resource: { 'achilles.workspace': 'ws-1' } })
  }
  expect((await exportOtlp(`${gateway.url}/v1/logs`, sessions(), limited)).status).toBe(200)
  const answer = await exportOtlp(`${gateway.url}/v1/logs`, sessions(), limited)
  expect(answer).toMatchObject({ status: 429, message: 'More than 10 calls a minute.' })
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
  expect(stored.sessions.size).toBe(8)
  await gateway.close()
})

test('a page of another origin cannot send', async ({ core }) => {
  const gateway = await startTestGateway(core, { agentSources: [testSource] })
  const answer = await exportOtlp(`${gateway.url}/v1/logs`, '{}', { origin: 'https://pages.example' })
  expect(answer).toMatchObject({ status: 403, message: expect.stringContaining('Origin https://pages.example') })
  await gateway.close()
})

test('a page of a listed origin may send these headers', async ({ core }) => {
  const gateway = await startTestGateway(core, { auth: { corsOrigins: ['https://ide.example'], open: true } })
  const response = await fetch(`${gateway.url}/v1/logs`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://ide.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-achilles-workspace',
    },
  })
  expect(response.status).toBe(204)
  const allowed = response.headers.get('access-control-allow-headers')
  for (const name of ['workspace', 'user', 'hooks']) expect(allowed).toContain(`x-achilles-${name}`)
  await gateway.close()
})
