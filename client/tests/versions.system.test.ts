import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hasFormerVersion, installFormerVersion } from '../../server/tests/support/former-version.ts'
import { type GatewayProcess, startGatewayProcess } from '../../server/tests/support/gateway-process.ts'
import { createGatewayClient, type Fetch, isGatewayError, type Ledger, openSession } from '../src/index.ts'
import { fileSpool } from '../src/node.ts'
import type { EntryKind, SpoolEntry } from '../src/spool/spool.ts'
import { areStored } from './are-stored.ts'
import { type InterruptibleCore, startInterruptibleCore } from './interruptible-core.ts'

const EVENTS = 300
const CHANGES = 100

describe.skipIf(!hasFormerVersion())('any version with any version', () => {
  let folder: string
  let former: string
  let core: InterruptibleCore
  let formerGateway: GatewayProcess
  let gateway: GatewayProcess

  beforeAll(async () => {
    former = await installFormerVersion()
    folder = await mkdtemp(join(tmpdir(), 'achilles-versions-'))
    core = await startInterruptibleCore(join(folder, 'core'))
    const settings = {
      ACHILLES_BASE_URL: core.url,
      ACHILLES_API_KEY: core.apiKey,
      METRICS_PORT: '0',
      RATE_LIMIT_PER_MINUTE: '1000000',
      HTTP_MAX_RETRIES: '0',
    }
    formerGateway = await startGatewayProcess(settings, { cwd: folder, root: former })
    gateway = await startGatewayProcess(settings, { cwd: folder })
  })

  beforeEach(() => {
    core.reachable = true
  })

  afterAll(async () => {
    for (const { process, ended } of [formerGateway, gateway]) {
      process.kill('SIGKILL')
      await ended
    }
    await core.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const options = (external_session_key: string, dir = external_session_key) => ({
    client_name: 'test',
    client_version: '1.0.0',
    workspace_id: 'ws',
    workspace_root: '/home/ada/checkout',
    create_project: true,
    user_id: 'ada',
    external_session_key,
    spool: fileSpool(join(folder, dir)),
  })

  test('today’s client records through the former gateway', async () => {
    const client = createGatewayClient({ url: formerGateway.url })
    const session = openSession(client, options('new-client'))
    const ids = Array.from({ length: EVENTS }, () =>
      session.record({ event_type: 'file_edited', source_type: 'ide', payload: { text: 'x'.repeat(100) } }),
    )
    session.snapshot('custom', { branch: 'main' })
    const now = new Date()
    session.recordPerformance({
      agent_id: 'reviewer',
      window_start: now,
      window_end: now,
      tasks_completed: 1,
      tasks_failed: 0,
    })
    expect(await session.end()).toMatchObject({ status: 'completed' })
    expect(session.ledger()).toMatchObject({
      ...{ accepted: EVENTS, stripped: {} },
      opening: { accepted: 1 },
      snapshots: { accepted: 1 },
      performance: { accepted: 1 },
      end: { accepted: 1 },
    })
    expect(await areStored(client, ids, (await session.opened).session.session_id)).toBe(true)
  })

  async function startFormerClient(key: string, ends: boolean): Promise<{ child: ChildProcess; sessionId: string }> {
    const child = fork(
      fileURLToPath(new URL('./former-client-process.ts', import.meta.url)),
      [former, gateway.url, join(folder, key), key, String(EVENTS), ...(ends ? ['ends'] : [])],
      { execArgv: ['--import', import.meta.resolve('tsx')], cwd: former },
    )
    const [{ sessionId }] = (await once(child, 'message')) as [{ sessionId: string }]
    return { child, sessionId }
  }

  async function record(child: ChildProcess): Promise<{ ids: string[]; ledger: Ledger }> {
    child.send('record')
    const [recorded] = (await once(child, 'message')) as [{ ids: string[]; ledger: Ledger }]
    return recorded
  }

  test('the former client records through today’s gateway', async () => {
    const { child, sessionId } = await startFormerClient('old-client', true)
    const { ids, ledger } = await record(child)
    expect(ledger).toMatchObject({ accepted: EVENTS, pending: 0 })
    expect(await areStored(createGatewayClient({ url: gateway.url }), ids, sessionId)).toBe(true)
    child.kill('SIGKILL')
  })

  test('what the former client leaves in its spool is sent by today’s', async () => {
    const { child, sessionId } = await startFormerClient('old-spool', false)
    core.reachable = false
    const { ids } = await record(child)
    child.kill('SIGKILL')
    await once(child, 'exit')
    core.reachable = true
    const client = createGatewayClient({ url: gateway.url })
    const session = openSession(client, options('after-old-spool', 'old-spool'))
    await session.flush()
    await session.end()
    // The batch that was on its way when the process was killed may have arrived.
    const { accepted, duplicate } = session.ledger()
    expect(session.ledger()).toMatchObject({ recovered: EVENTS, failed: 0, dropped: {} })
    expect(accepted + duplicate).toBe(EVENTS)
    expect(await areStored(client, ids, sessionId)).toBe(true)
    expect(await readdir(join(folder, 'old-spool'))).toEqual([])
  })

  test('what today’s client leaves in a spool is not touched by the former, and sent later', async () => {
    const client = createGatewayClient({ url: gateway.url })
    core.reachable = false
    const session = openSession(client, options('train', 'new-spool'))
    const ids = Array.from({ length: 20 }, () => session.record({ event_type: 'file_edited', source_type: 'ide' }))
    await session.end('completed', { deadlineMs: 0 })
    core.reachable = true
    const { child } = await startFormerClient('new-spool', true)
    await record(child)
    child.kill('SIGKILL')
    const next = openSession(client, options('after-new-spool', 'new-spool'))
    await next.flush()
    await next.end()
    expect(next.ledger()).toMatchObject({ recovered: 20, accepted: 20 })
    const { session: sent } = await client.sessions.resolve.query({ external_session_key: 'train' })
    expect(await areStored(client, ids, sent?.session_id ?? '')).toBe(true)
    expect(await readdir(join(folder, 'new-spool'))).toEqual([])
  })

  /** What a newer client may have spooled: keys that no gateway knows yet, by the kind of entry; and keys of responses. */
  const change = fc.record({
    opening: fc.record({ handshake: newKeys(), project: newKeys(), session: newKeys() }),
    event: newKeys(),
    snapshot: newKeys(),
    performance: newKeys(),
    end: newKeys(),
  })

  test.each([
    ['former', () => formerGateway.url],
    ['current', () => gateway.url],
  ])('with the %s gateway, 100 generated additive changes lose no entry', async (which, getUrl) => {
    const seed = Number(process.env.FAST_CHECK_SEED ?? 20260302)
    process.stdout.write(`additive changes: FAST_CHECK_SEED=${seed}\n`)
    const changes = fc.sample(change, { seed, numRuns: CHANGES })
    const dir = `changes-${which}`
    const stripped: Record<string, number> = {}
    const left = fileSpool(join(folder, dir))
    for (const [index, { opening, event, snapshot, performance, end }] of changes.entries()) {
      const entry = entryOf(`${which}-${index}`)
      const now = '2026-03-02T09:00:00Z'
      const key = `${which}-${index}`
      const identity = { workspace_id: 'ws', user_id: 'ada' }
      await left.append([
        entry('opening', 'opening', {
          handshake: { client_name: 'newer', client_version: '2.0.0', workspace_id: 'ws', ...opening.handshake },
          project: { workspace_id: 'ws', workspace_root: `/${key}`, create_if_missing: true, ...opening.project },
          session: { external_session_key: key, ...identity, start_time: now, ...opening.session },
        }),
        ...[0, 1, 2].map((n) =>
          entry('event', `${key}-${n}`, {
            ...{ event_id: `${key}-${n}`, timestamp: now, event_type: 'file_edited', source_type: 'ide', ...event },
          }),
        ),
        entry('snapshot', `${key}-s`, { snapshot_type: 'custom', payload: {}, captured_at: now, ...snapshot }),
        entry('performance', `${key}-p`, {
          ...{ agent_id: 'a', window_start: now, window_end: now, tasks_completed: 1, tasks_failed: 0, ...performance },
        }),
        entry('end', 'end', { status: 'completed', end_time: now }),
      ])
      count(stripped, 'handshake.', opening.handshake)
      count(stripped, 'project.', opening.project)
      count(stripped, 'session.', opening.session)
      for (let n = 0; n < 3; n++) count(stripped, '', event)
      count(stripped, 'snapshot.', snapshot)
      count(stripped, 'performance.', performance)
      // Only `status` and `end_time` of an end are sent.
      void end
    }
    await left.close()

    const told = new Map<string, number>()
    const client = createGatewayClient({ url: getUrl(), fetch: withNewKeysInResponses })
    const session = openSession(client, {
      ...options(`own-${which}`, dir),
      onError: (error) => {
        const path = isGatewayError(error) ? error.data.issues?.[0]?.path : undefined
        if (path !== undefined) told.set(path, (told.get(path) ?? 0) + 1)
      },
    })
    await session.flush()
    await session.end()
    const { accepted, duplicate } = session.ledger()
    expect(accepted + duplicate).toBe(3 * CHANGES)
    expect(session.ledger()).toMatchObject({
      ...{ failed: 0, dropped: {}, stripped },
      opening: { accepted: CHANGES + 1, failed: 0 },
      snapshots: { accepted: CHANGES, failed: 0 },
      performance: { accepted: CHANGES, failed: 0 },
      end: { accepted: CHANGES + 1, failed: 0 },
    })
    expect([...told.values()].every((times) => times === 1)).toBe(true)
    expect([...told.keys()].sort()).toEqual(Object.keys(stripped).sort())
    for (const index of changes.keys()) {
      const { session: sent } = await client.sessions.resolve.query({ external_session_key: `${which}-${index}` })
      expect(sent).toMatchObject({ status: 'completed' })
      const ids = [0, 1, 2].map((n) => `${which}-${index}-${n}`)
      expect(await areStored(client, ids, sent?.session_id ?? '')).toBe(true)
    }
    const keys = Object.values(stripped).reduce((sum, times) => sum + times, 0)
    process.stdout.write(`${which} gateway: ${CHANGES} changes, ${keys} keys removed, 0 entries lost\n`)
  })
})

const entryOf =
  (session: string) =>
  (kind: EntryKind, id: string, input: object): SpoolEntry => ({ session, kind, id, json: JSON.stringify(input) })

/** Up to three keys, with values of any kind. */
function newKeys() {
  const name = fc.constantFrom('priority', 'repository_url', 'time_zone', 'a.b', 'x[0]', 'π', 'trace', '__new', '7')
  return fc.dictionary(name, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3, noNullPrototype: true })
}

function count(stripped: Record<string, number>, prefix: string, keys: object): void {
  for (const key of Object.keys(keys)) stripped[prefix + key] = (stripped[prefix + key] ?? 0) + 1
}

/** Adds a key to each object of a response, as a newer gateway may. */
const withNewKeysInResponses: Fetch = async (url, init) => {
  const response = await fetch(url, init)
  const text = await response.text()
  return new Response(JSON.stringify(withNewKeys(JSON.parse(text))), response)
}

function withNewKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNewKeys)
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withNewKeys(member)]))
  return { ...copy, since_2_0: true }
}
