import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from 'vitest'
import { acceptAll, idsIn } from '../../server/tests/support/event-core.ts'
import { reply, type Script, startScriptedCore } from '../../server/tests/support/scripted-core.ts'
import { startTestGateway } from '../../server/tests/support/test-gateway.ts'
import { createGatewayClient, openSession, type Session, type SessionOptions } from '../src/index.ts'
import { fileSpool } from '../src/node.ts'
import { recordingCore } from './recording-core.ts'

/** Batches with this event are answered in one way, all others accepted. */
const breakingOn =
  (poison: string, script: Script): Script =>
  (request, response, attempt) =>
    (idsIn(request.text).includes(poison) ? script : acceptAll)(request, response, attempt)

const test = base.extend<{
  /** Opens a session with a Core of its own that does this with batches. */
  open: (batch: Script, options?: Partial<SessionOptions>) => Promise<Session>
  spoolDir: string
}>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures wanted from the pattern.
  async open({}, use) {
    const closing: (() => Promise<unknown>)[] = []
    await use(async (batch, options) => {
      const core = await startScriptedCore()
      core.answer(recordingCore(batch))
      const gateway = await startTestGateway(core, { upstream: { maxRetries: 0, timeoutMs: 1_000 } })
      const session = openSession(createGatewayClient({ url: gateway.url, retries: 0 }), {
        client_name: 'test',
        client_version: '1.0.0',
        workspace_id: 'ws',
        user_id: 'ada',
        external_session_key: 'poison',
        ...options,
      })
      closing.push(async () => {
        await session.close({ deadlineMs: 0 })
        await gateway.close()
        await core.close()
      })
      return session
    })
    for (const close of closing) await close()
  },
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures wanted from the pattern.
  async spoolDir({}, use) {
    const folder = await mkdtemp(join(tmpdir(), 'achilles-poison-'))
    await use(join(folder, 'spool'))
    await rm(folder, { recursive: true, force: true })
  },
})

const record = (session: Session, count: number) => {
  for (let index = 0; index < count; index++) {
    session.record({ event_type: 'custom', source_type: 'ci', event_id: `e${index}` })
  }
}

const hold: Script = () => {}
const breakOff: Script = (_request, response) => response.destroy()
const partial: Script = (request, response, attempt) => {
  const results = idsIn(request.text).flatMap((event_id) =>
    event_id === 'e75' ? [] : [{ event_id, status: 'accepted' }],
  )
  reply(200, { results, failed: [] })(request, response, attempt)
}

test.concurrent.for([
  ['answers 500', reply(500, { detail: 'KeyError' })],
  ['answers 502', reply(502, { detail: 'bad gateway' })],
  ['answers 418', reply(418, { detail: 'teapot' })],
  ['breaks the contract', reply(200, { ok: true })],
  ['leaves the event out', partial],
  ['resets the connection', breakOff],
  ['does not answer', hold],
] as [string, Script][])('a Core that %s for one of 150 events', async ([, script], { open, expect }) => {
  const session = await open(breakingOn('e75', script))
  record(session, 150)
  await expect
    .poll(() => session.ledger(), { interval: 100 })
    .toMatchObject({ accepted: 149, failed: 0, pending: 1, dropped: {} })
  session.record({ event_type: 'custom', source_type: 'ci', event_id: 'later' })
  await expect.poll(() => session.ledger()).toMatchObject({ accepted: 150, failed: 0, pending: 1 })
})

test.concurrent.for([400, 403, 404, 409, 413, 422])(
  'a %i for one of 150 events fails it alone',
  async (status, { open, expect }) => {
    const failed: string[] = []
    const session = await open(breakingOn('e75', reply(status, { detail: 'not this one' })), {
      onFailed: ({ id, error }) => failed.push(`${id}: ${error}`),
    })
    record(session, 150)
    await session.flush()
    expect(session.ledger()).toMatchObject({ accepted: 149, failed: 1, pending: 0, dropped: {} })
    expect(failed).toEqual(['e75: not this one'])
  },
)

test('the next run delivers what the spool kept, and isolates the event again', async ({ open, spoolDir, expect }) => {
  const breaking = breakingOn('e0', reply(500, { detail: 'KeyError' }))
  const first = await open(breaking, { spool: fileSpool(spoolDir) })
  record(first, 60)
  await first.persisted()
  await first.close({ deadlineMs: 0 })
  const second = await open(breaking, { spool: fileSpool(spoolDir) })
  await expect
    .poll(() => second.ledger())
    .toMatchObject({ accepted: first.ledger().pending - 1, failed: 0, pending: 1 })
  await second.close({ deadlineMs: 0 })
  const third = await open(acceptAll, { spool: fileSpool(spoolDir) })
  await third.flush()
  expect(third.ledger()).toMatchObject({ failed: 0, pending: 0, dropped: {} })
  await third.close()
})
