import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MCPHandshakeResponse, MCPHealthResponse, SessionOut } from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddedCore, startEmbeddedCore } from '../../../embedded-core/src/embedded-core.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { type DoctorOutput, runDoctor } from '../../src/commands/doctor/run-doctor.ts'
import { runCommand } from '../support/command-process.ts'
import { startCoreProcess } from '../support/core-process.ts'
import { honestCore } from '../support/honest-core.ts'
import { startIdentityProvider } from '../support/identity-provider.ts'
import { writeKeysFile } from '../support/keys-file.ts'
import { reply, type Script, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway } from '../support/test-gateway.ts'

const KEY = 'the-key-of-core'
const redisUrl = process.env.TEST_REDIS_URL
if (!redisUrl) process.stdout.write('TEST_REDIS_URL is not set: the doctor is not tried on a Redis that answers\n')

let core: ScriptedCore
let folder: string

beforeAll(async () => {
  core = await startScriptedCore()
  folder = await mkdtemp(join(tmpdir(), 'achilles-doctor-'))
})

afterAll(async () => {
  await core.close()
  await rm(folder, { recursive: true, force: true })
})

/** The rows of the table, each with its advice. */
function rowsOf(output: string) {
  const rows: { verdict: string; check: string; text: string }[] = []
  for (const line of output.split('\n')) {
    const [, verdict = '', check = ''] = line.match(/^(ok|warning|fault|skipped) +(.{15})/) ?? []
    const last = rows.at(-1)
    if (verdict) rows.push({ verdict, check: check.trim(), text: line })
    else if (last && line.startsWith('   ')) last.text += `\n${line.trim()}`
  }
  return rows
}

async function doctor(settings: Record<string, string> = {}) {
  let output = ''
  let errors = ''
  const streams: DoctorOutput = {
    files: {},
    write(text) {
      output += text
    },
    writeError(text) {
      errors += text
    },
    paint: (_format, text) => text,
  }
  const environment = { ACHILLES_BASE_URL: core.url, ACHILLES_API_KEY: KEY, ...settings }
  const exitCode = await runDoctor(environment, streams)
  const rows = rowsOf(output)
  const rowOf = (name: string) => rows.find(({ check }) => check === name)
  const notOk = rows.filter(({ verdict }) => verdict !== 'ok').map(({ check, verdict }) => [check, verdict])
  return { exitCode, output, errors, rows, rowOf, notOk }
}

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const CORE_CHECKS = ['health', 'handshake', 'sizes', 'unknown project', 'unknown session', 'no insights', 'wrong key']

describe('a correct Core', () => {
  test('has no findings, and receives only requests that change nothing', async () => {
    core.answer(honestCore(KEY))
    const { exitCode, notOk, rows, errors, output } = await doctor()
    expect({ exitCode, notOk, errors }).toEqual({ exitCode: 0, notOk: [], errors: '' })
    expect(rows.map(({ check }) => check)).toEqual(['settings', 'who may call', 'Core', ...CORE_CHECKS])
    expect(output).toMatch(/\n10 ok, 0 warnings, 0 faults, 0 skipped\n$/)

    expect(core.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /mcp/health',
      'POST /mcp/handshake',
      'POST /projects/resolve',
      'POST /mcp/sessions/resolve',
      'POST /signals/insights',
      'POST /mcp/sessions/resolve',
    ])
    for (const { headers, text } of core.seen) {
      expect(headers['x-achilles-client']).toBe('doctor')
      const { workspace_id, session_id, external_session_key, create_if_missing } = JSON.parse(text || '{}')
      for (const id of [workspace_id, session_id, external_session_key]) expect(id ?? 'doctor-').toMatch(/^doctor-/)
      expect(create_if_missing ?? false).toBe(false)
    }
  })

  test('also under a path in its base URL', async () => {
    core.answer((request, response, attempt) =>
      honestCore(KEY)({ ...request, url: request.url.replace('/tenants/a', '') }, response, attempt),
    )
    expect((await doctor({ ACHILLES_BASE_URL: `${core.url}/tenants/a/` })).exitCode).toBe(0)
    expect(core.seen.every(({ url }) => url.startsWith('/tenants/a/'))).toBe(true)
  })

  test('may respond with an empty list of insights', async () => {
    core.answer(honestCore(KEY, { 'POST /signals/insights': reply(200, []) }))
    expect(await doctor()).toMatchObject({ exitCode: 0, notOk: [] })
  })
})

const health = MCPHealthResponse.meta()?.examples?.[0] as Record<string, unknown>
const handshake = MCPHandshakeResponse.meta()?.examples?.[0] as Record<string, unknown>
const session = SessionOut.meta()?.examples?.[0]
const { uptime_seconds: _, ...timeless } = health
const reset: Script = (_request, response) => response.socket?.resetAndDestroy()

const LIES: [what: string, call: string, script: Script, check: string, told: string][] = [
  ['fails', 'GET /mcp/health', reply(500, { detail: 'out of memory' }), 'health', 'responded with 500: out of memory'],
  ['owes a field', 'GET /mcp/health', reply(200, timeless), 'health', 'uptime_seconds: required'],
  ['is a page', 'GET /mcp/health', reply(200, '<html>'), 'health', 'is not JSON'],
  ['is a page with 401', 'GET /mcp/health', reply(401, '<html>'), 'health', 'status 401 is not JSON'],
  ['is a page with 404', 'POST /mcp/sessions/resolve', reply(404, '<html>'), 'unknown session', 'is not JSON'],
  ['is elsewhere', 'GET /mcp/health', reply(302, '', { location: '/x' }), 'health', 'Redirects are not followed'],
  ['has no such path', 'GET /mcp/health', reply(404, {}), 'health', '/mcp/health is appended to'],
  [
    'sends text for a number',
    'POST /mcp/handshake',
    reply(200, { ...handshake, max_payload_bytes: '5' }),
    'handshake',
    'max_payload_bytes: must be a number, not a string',
  ],
  ['refuses the gateway', 'POST /mcp/handshake', reply(403, {}), 'handshake', 'Core accepts the key but forbids'],
  ['is busy', 'POST /mcp/handshake', reply(429, {}), 'handshake', 'try again later'],
  ['is a teapot', 'POST /mcp/handshake', reply(418, {}), 'handshake', 'docs/core-openapi.json'],
  [
    'finds a project of nobody’s',
    'POST /projects/resolve',
    reply(200, { project_id: 'p', created: false }),
    'unknown project',
    'must respond with 404',
  ],
  [
    'makes a project unasked',
    'POST /projects/resolve',
    reply(200, { project_id: 'p', created: true }),
    'unknown project',
    'a project was created',
  ],
  [
    'finds a session of nobody’s',
    'POST /mcp/sessions/resolve',
    reply(200, { found: true, session }),
    'unknown session',
    'found is true',
  ],
  [
    'gives a session that it did not find',
    'POST /mcp/sessions/resolve',
    reply(200, { found: false, session }),
    'unknown session',
    'session given',
  ],
  [
    'has no answer for no session',
    'POST /mcp/sessions/resolve',
    reply(404, { detail: 'no such session' }),
    'unknown session',
    'must respond with 200',
  ],
  [
    'breaks the contract in an insight',
    'POST /signals/insights',
    reply(200, [{}]),
    'no insights',
    '[0].insight_id: required',
  ],
  [
    'has insights of nobody’s',
    'POST /signals/insights',
    reply(200, [
      {
        insight_id: 'i',
        session_id: 's',
        severity: 'low',
        category: 'cost',
        title: 't',
        message: 'm',
        payload: {},
        created_at: 't',
      },
    ]),
    'no insights',
    '1 for a random session',
  ],
]

describe('a Core that', () => {
  test.each(LIES)('%s', async (_what, call, script, check, told) => {
    // The wrong response is only for the right key; another key is rejected correctly.
    core.answer((request, response, attempt) => {
      const isKnown = request.headers.authorization === `Bearer ${KEY}`
      honestCore(KEY, isKnown ? { [call]: script } : {})(request, response, attempt)
    })
    const { exitCode, rowOf, notOk } = await doctor()
    expect(exitCode).toBe(1)
    expect(notOk.filter(([, verdict]) => verdict === 'fault')).toEqual([[check, 'fault']])
    expect(rowOf(check)?.text).toContain(told)
    expect(rowOf(check)?.text).toContain('\n→ ')
    // One attempt, whatever the response.
    expect(core.seen.filter(({ method, url }) => `${method} ${url}` === call)).toHaveLength(
      call === 'POST /mcp/sessions/resolve' ? 2 : 1,
    )
  })

  test.each([
    ['any key will do', reply(200, { found: false, session: null }), 'responded with 200'],
    ['any key is answered nonsense', reply(200, {}), 'responded with 200'],
    ['a wrong key makes it fail', reply(500, {}), 'responded with 500'],
    ['a wrong key finds nothing', reply(404, {}), 'responded with 404'],
  ])('is not guarded: %s', async (_what, script, told) => {
    core.answer((request, response, attempt) => {
      const isKnown = request.headers.authorization === `Bearer ${KEY}`
      if (isKnown) honestCore(KEY)(request, response, attempt)
      else script(request, response, attempt)
    })
    const { exitCode, rowOf, notOk } = await doctor()
    expect({ exitCode, notOk }).toEqual({ exitCode: 1, notOk: [['wrong key', 'fault']] })
    expect(rowOf('wrong key')?.text).toContain(told)
  })

  test('that rejects another key with 403 is correct', async () => {
    core.answer((request, response, attempt) => {
      const isKnown = request.headers.authorization === `Bearer ${KEY}`
      if (isKnown) honestCore(KEY)(request, response, attempt)
      else reply(403, {})(request, response, attempt)
    })
    expect(await doctor()).toMatchObject({ exitCode: 0, notOk: [] })
  })

  test.each([
    ['is degraded', { 'GET /mcp/health': reply(200, { ...health, status: 'degraded' }) }, 'health', 'degraded'],
    [
      'accepts no events',
      { 'GET /mcp/health': reply(200, { ...health, accepting_signals: false }) },
      'health',
      'no events',
    ],
    [
      'responds with 404 for an unknown project',
      { 'POST /projects/resolve': reply(404, { detail: 'Not Found' }) },
      'unknown project',
      'have this path?',
    ],
    ['returns 404 without a detail', { 'POST /signals/insights': reply(404, {}) }, 'no insights', 'have this path?'],
    [
      'has a lower body limit than the gateway',
      { 'POST /mcp/handshake': reply(200, { ...handshake, max_payload_bytes: 4096 }) },
      'sizes',
      'Set MAX_BODY_BYTES=4096',
    ],
    [
      'prefers too large batches',
      { 'POST /mcp/handshake': reply(200, { ...handshake, preferred_batch_size: 1001 }) },
      'sizes',
      'at most 1000',
    ],
  ])('%s gets a warning', async (_what, lies, check, told) => {
    core.answer(honestCore(KEY, lies))
    const { exitCode, rowOf, notOk } = await doctor()
    expect({ exitCode, notOk }).toEqual({ exitCode: 0, notOk: [[check, 'warning']] })
    expect(rowOf(check)?.text).toContain(told)
  })
})

describe('a Core that cannot be reached', () => {
  const rest = CORE_CHECKS.slice(1).map((check) => [check, 'skipped'])

  test('nothing listens', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`
    const { exitCode, notOk, rowOf } = await doctor({ ACHILLES_BASE_URL: url })
    expect({ exitCode, notOk }).toEqual({ exitCode: 1, notOk: [['health', 'fault'], ...rest] })
    expect(rowOf('health')?.text).toContain('ECONNREFUSED')
    expect(rowOf('health')?.text).toContain('Is Core running')
  })

  test('it closes the connection, or does not support TLS', async () => {
    core.answer(reset)
    const broken = await doctor()
    expect(broken).toMatchObject({ exitCode: 1, notOk: [['health', 'fault'], ...rest] })
    expect(broken.rowOf('health')?.text).toContain('ECONNRESET')
    const tls = await doctor({ ACHILLES_BASE_URL: core.url.replace('http:', 'https:') })
    expect(tls).toMatchObject({ exitCode: 1, notOk: [['health', 'fault'], ...rest] })
    expect(tls.rowOf('health')?.text).toContain('start with http://')
  })

  test('it does not respond in time', async () => {
    core.answer(() => {})
    const { exitCode, notOk, rowOf } = await doctor({ HTTP_TIMEOUT_SECONDS: '0.2' })
    expect({ exitCode, notOk }).toEqual({ exitCode: 1, notOk: [['health', 'fault'], ...rest] })
    expect(rowOf('health')?.text).toContain('HTTP_TIMEOUT_SECONDS (0.2)')
    expect(core.seen).toHaveLength(1)
  })

  test('it requires another key', async () => {
    core.answer(honestCore('another'))
    const { exitCode, notOk, rowOf } = await doctor()
    expect({ exitCode, notOk }).toEqual({ exitCode: 1, notOk: [['health', 'fault'], ...rest] })
    expect(rowOf('health')?.text).toContain('Core rejects this key')
  })
})

describe('the environment of the gateway', () => {
  beforeAll(() => core.answer(honestCore(KEY)))

  test('a file of API keys', async () => {
    const { path, remove } = await writeKeysFile(['ws-1'])
    const good = await doctor({ GATEWAY_API_KEYS_FILE: path })
    expect(good).toMatchObject({ exitCode: 0, notOk: [] })
    expect(good.rowOf('API keys')?.text).toContain(`2 in ${path}, 1 of them limited to workspaces`)
    await remove()
    const gone = await doctor({ GATEWAY_API_KEYS_FILE: path })
    expect(gone).toMatchObject({ exitCode: 1, notOk: [['API keys', 'fault']] })
    expect(gone.rowOf('API keys')?.text).toContain('cannot be read (ENOENT)')
    const empty = join(folder, 'empty.json')
    await writeFile(empty, '[]')
    expect(await doctor({ GATEWAY_API_KEYS_FILE: empty })).toMatchObject({
      exitCode: 0,
      notOk: [['API keys', 'warning']],
    })
  })

  test('the keys of a token issuer', async () => {
    const provider = await startIdentityProvider()
    const { issuer, audience, jwksUrl } = provider
    const settings = { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_JWKS_URL: jwksUrl }
    const good = await doctor(settings)
    expect(good).toMatchObject({ exitCode: 0, notOk: [] })
    expect(good.rowOf('token keys')?.text).toContain('1 from the issuer (ES256)')

    const answers = [
      ['the response has status 404', 404, ''],
      ['JSON Web Key Set', 200, '{"keys":5}'],
      ['has no keys', 200, '{"keys":[]}'],
    ] as const
    for (const [told, status, body] of answers) {
      provider.answer((response) => response.writeHead(status).end(body))
      const bad = await doctor(settings)
      expect(bad).toMatchObject({ exitCode: 1, notOk: [['token keys', 'fault']] })
      expect(bad.rowOf('token keys')?.text).toContain(told)
    }
    await provider.close()
    const down = await doctor({ ...settings, AUTH_JWKS_URL: `http://127.0.0.1:${await closedPort()}/jwks.json` })
    expect(down).toMatchObject({ exitCode: 1, notOk: [['token keys', 'fault']] })
    expect(down.rowOf('token keys')?.text).toContain('ECONNREFUSED')
  })

  test('the URL that callers use', async () => {
    const provider = await startIdentityProvider()
    const { issuer, audience, jwksUrl } = provider
    const tokens = { issuer, audience, jwksUrl }
    const settings = { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_JWKS_URL: jwksUrl }
    const gateway = await startTestGateway(core, { auth: { tokens } })
    const good = await doctor({ ...settings, PUBLIC_URL: `${gateway.url}/` })
    expect(good).toMatchObject({ exitCode: 0, notOk: [] })
    expect(good.rowOf('public URL')?.text).toContain(`its metadata name ${gateway.url}/mcp`)
    expect(await doctor({ PUBLIC_URL: gateway.url })).toMatchObject({ exitCode: 0, notOk: [] })

    const elsewhere = await doctor({ PUBLIC_URL: `${gateway.url}/mcp` })
    expect(elsewhere).toMatchObject({ exitCode: 0, notOk: [['public URL', 'warning']] })
    expect(elsewhere.rowOf('public URL')?.text).toContain('no gateway responds (the response has status 404)')
    await gateway.close()

    const other = await startTestGateway(core, { auth: { tokens, publicUrl: 'https://gateway.example.com' } })
    const wrong = await doctor({ ...settings, PUBLIC_URL: other.url })
    expect(wrong).toMatchObject({ exitCode: 1, notOk: [['public URL', 'fault']] })
    expect(wrong.rowOf('public URL')?.text).toContain('names another resource')
    await other.close()
    const gone = await doctor({ PUBLIC_URL: `http://127.0.0.1:${await closedPort()}` })
    expect(gone).toMatchObject({ exitCode: 0, notOk: [['public URL', 'warning']] })
    expect(gone.rowOf('public URL')?.text).toContain('ECONNREFUSED')
    const plain = await doctor({ PUBLIC_URL: 'http://gateway.invalid' })
    expect(plain.rowOf('settings')?.text).toContain('PUBLIC_URL is plain HTTP')
    await provider.close()
  })

  test('an unreachable Redis', async () => {
    const { exitCode, notOk, rowOf } = await doctor({ REDIS_URL: `redis://127.0.0.1:${await closedPort()}` })
    expect({ exitCode, notOk }).toEqual({ exitCode: 1, notOk: [['Redis', 'fault']] })
    expect(rowOf('Redis')?.text).toContain('ECONNREFUSED')
  })

  test.skipIf(!redisUrl)('a reachable Redis', async () => {
    expect(await doctor({ REDIS_URL: redisUrl ?? '' })).toMatchObject({ exitCode: 0, notOk: [] })
  })

  test.each([
    ['who may call', 'Any caller can', { GATEWAY_AUTH: 'none' }],
    ['rate', 'REDIS_URL is not used', { RATE_LIMIT_PER_MINUTE: '0', REDIS_URL: 'redis://127.0.0.1:1' }],
    ['rate', 'RATE_LIMIT_PER_MINUTE=0', { RATE_LIMIT_PER_MINUTE: '0' }],
    ['sizes', 'Set MAX_BODY_BYTES=5242880', { MAX_BODY_BYTES: '9999999' }],
  ] as [string, string, Record<string, string>][])(
    'settings that may be unintended: %s, %s',
    async (check, told, settings) => {
      const { exitCode, notOk, rowOf } = await doctor(settings)
      expect({ exitCode, notOk }).toEqual({ exitCode: 0, notOk: [[check, 'warning']] })
      expect(rowOf(check)?.text).toContain(told)
    },
  )
})

test('no secret and no control character is shown, also if a response repeats it', async () => {
  const echo: Script = (request, response, attempt) => {
    const { authorization } = request.headers
    reply(500, { detail: `\u001b[31m${authorization}\u202e ${'x'.repeat(5000)}` })(request, response, attempt)
  }
  core.answer(honestCore(KEY, { 'GET /mcp/health': echo, 'POST /mcp/handshake': echo }))
  const port = await closedPort()
  const { output, errors, exitCode } = await doctor({
    REDIS_URL: `redis://ada:redis%2Dsecret@127.0.0.1:${port}`,
    AUTH_ISSUER: 'https://id.example.com',
    AUTH_AUDIENCE: 'achilles',
    AUTH_JWKS_URL: `http://127.0.0.1:${port}`,
  })
  expect(exitCode).toBe(1)
  expect(output).toContain('Bearer ***')
  for (const secret of [KEY, 'redis%2Dsecret', 'redis-secret', handshake.mcp_session_token as string])
    expect(output + errors).not.toContain(secret)
  expect(output.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
  expect(Math.max(...output.split('\n').map(({ length }) => length))).toBeLessThan(600)
})

test.each(['k', 'ok', 'Core'])('the key %s is not redacted in its own text', async (key) => {
  core.answer(honestCore(key))
  const { exitCode, output } = await doctor({ ACHILLES_API_KEY: key })
  expect(exitCode).toBe(0)
  expect(output).toMatch(/Core .+http:/)
  expect(output).toContain('the gateway listens on')
  expect(output).toContain('404, as expected')
  core.answer(honestCore(key, { 'GET /mcp/health': reply(500, { detail: `unknown key ${key}` }) }))
  expect((await doctor({ ACHILLES_API_KEY: key })).output).toContain('responded with 500: unknown key ***')
})

test('bad settings are reported one per line, like the gateway does', async () => {
  const bad = await doctor({ PORT: 'x', ACHILLES_API_KEY: '', GATEWAY_AUTH: 'all' })
  expect(bad).toMatchObject({ exitCode: 1, output: '' })
  expect(bad.errors.trimEnd().split('\n')).toEqual([
    'PORT: must be a whole number from 0 to 65535',
    expect.stringMatching(/^GATEWAY_AUTH: /),
    'ACHILLES_API_KEY: is required if ACHILLES_BASE_URL is set',
  ])
})

describe('as a command', () => {
  let embedded: EmbeddedCore | undefined
  afterAll(() => embedded?.stop())

  test('without ACHILLES_BASE_URL it starts the embedded Core, reports no problems and stops it', async () => {
    await mkdir(join(folder, 'own'))
    await writeFile(join(folder, 'own', '.env'), 'ACHILLES_DATA_DIR=data\nPORT=4321\n')
    const { exitCode, stdout, stderr } = await runCommand('doctor', [], { cwd: join(folder, 'own') })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const rows = rowsOf(stdout)
    expect(rows.map(({ verdict, check }) => [check, verdict])).toEqual(
      ['settings', 'who may call', 'Core', ...CORE_CHECKS].map((check) => [check, 'ok']),
    )
    expect(stdout).toContain('http://127.0.0.1:4321')
    expect(stdout).toContain(`embedded, data in ${join(folder, 'own', 'data')}`)
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
    // Only the data: no lock, and no process that holds one.
    expect(await readdir(join(folder, 'own', 'data'))).toEqual(['core'])
  }, 300_000)

  test('shares the Core of gateways; one that `core` has started is named, with what to do', async () => {
    const dataDir = join(folder, 'own', 'data')
    await seedDataDir(dataDir)
    embedded = await startEmbeddedCore({ dataDir, log: () => {}, execArgv: ['--import', 'tsx'] })
    const sharing = await runCommand('doctor', [], { cwd: join(folder, 'own') })
    expect(sharing).toMatchObject({ exitCode: 0, stderr: '' })

    const { url, apiKey } = embedded
    const named = await runCommand('doctor', [], {
      env: { ACHILLES_BASE_URL: url, ACHILLES_API_KEY: apiKey },
      cwd: folder,
    })
    expect(named).toMatchObject({ exitCode: 0, stderr: '' })
    expect(named.stdout).not.toContain(apiKey)
    await embedded.stop()

    const core = await startCoreProcess({ ACHILLES_API_KEY: 'k', ACHILLES_DATA_DIR: dataDir, CORE_PORT: '0' })
    const { exitCode, stdout, stderr } = await runCommand('doctor', [], { cwd: join(folder, 'own') })
    core.process.kill('SIGTERM')
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
    const rows = rowsOf(stdout)
    expect(rows.map(({ check, verdict }) => [check, verdict])).toEqual([
      ['settings', 'ok'],
      ['who may call', 'ok'],
      ['Core', 'fault'],
    ])
    expect(rows.at(-1)?.text).toContain(`the data directory ${dataDir} is in use by process ${core.process.pid}`)
    expect(rows.at(-1)?.text).toContain('Set ACHILLES_BASE_URL and ACHILLES_API_KEY to use that Core')
    await core.ended
  }, 300_000)

  test('a Core that does not start, bad settings and wrong usage', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    const databaseUrl = `postgres://ada:pg-secret@127.0.0.1:${await closedPort()}/core`
    for (const env of [{ ACHILLES_DATA_DIR: file }, { EMBEDDED_CORE_DATABASE_URL: databaseUrl }]) {
      const { exitCode, stdout, stderr } = await runCommand('doctor', [], { env, cwd: folder })
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
      expect(rowsOf(stdout).at(-1)).toMatchObject({ check: 'Core', verdict: 'fault' })
      expect(stdout).toContain('the embedded Core did not start')
      expect(stdout).not.toContain('pg-secret')
    }
    expect(await runCommand('doctor', [], { env: { PORT: 'x' }, cwd: folder })).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'PORT: must be a whole number from 0 to 65535\n',
    })
    expect(await runCommand('doctor', ['x'], { cwd: folder })).toMatchObject({ exitCode: 2, stdout: '' })
  }, 300_000)
})
