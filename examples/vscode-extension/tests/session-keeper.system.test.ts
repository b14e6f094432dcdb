import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGatewayClient, openSession, type Session } from '@achilles/mcp-client'
import { fileSpool } from '@achilles/mcp-client/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { type GatewayProcess, startGatewayProcess } from '../../../server/tests/support/gateway-process.ts'
import { SessionKeeper } from '../src/session-keeper.ts'

let dir: string
let server: GatewayProcess

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'achilles-keeper-'))
  await seedDataDir(join(dir, 'core'))
  server = await startGatewayProcess({ ACHILLES_DATA_DIR: join(dir, 'core') })
})

afterAll(async () => {
  server.process.kill()
  await server.ended
  await rm(dir, { recursive: true, force: true })
})

/** As the editor's log once it closes. */
const closedLog = () => {
  throw new Error('Channel has been closed')
}
const rejects = async () => closedLog()

let runs = 0

/** A keeper whose session opens once `letOpen` is called, and whose callbacks fail. */
function keeperOf(callback: () => void | Promise<void>) {
  const key = `run-${++runs}`
  const gateway = createGatewayClient({ url: server.url })
  let letOpen = () => {}
  const mayOpen = new Promise<void>((resolve) => (letOpen = resolve))
  const sessions: Session[] = []
  const keeper = new SessionKeeper({
    async open({ startTime, signal, onError }) {
      await mayOpen
      const session = await openSession(gateway, {
        client_name: 'test',
        client_version: '1.0.0',
        workspace_id: 'ws',
        user_id: 'ada',
        external_session_key: key,
        start_time: startTime,
        signal,
        spool: fileSpool(join(dir, key)),
        onError,
      })
      sessions.push(session)
      return session
    },
    maxEarly: 100,
    onOpen: callback,
    onError: callback,
  })
  const statusInCore = async () => (await gateway.sessions.resolve.query({ external_session_key: key })).session?.status
  return { keeper, letOpen, sessions, statusInCore }
}

test.each([
  ['throw', closedLog],
  ['reject', rejects],
])(
  'while callbacks %s a session that opens as the editor closes gets every event, and ends',
  async (_how, callback) => {
    for (let run = 0; run < 5; run++) {
      const { keeper, letOpen, sessions, statusInCore } = keeperOf(callback)
      keeper.open()
      for (let event = 0; event < 5; event++) keeper.record({ event_type: 'file_saved', source_type: 'ide' })
      const ended = keeper.end(60_000)
      letOpen()
      await ended
      expect(sessions[0]?.ledger()).toMatchObject({ recorded: 5, accepted: 5, pending: 0 })
      expect(await statusInCore()).toBe('completed')
    }
  },
)

test.each([
  ['throw', closedLog],
  ['reject', rejects],
])('while callbacks %s an open session goes on recording, and ends', async (_how, callback) => {
  const { keeper, letOpen, sessions, statusInCore } = keeperOf(callback)
  letOpen()
  keeper.open()
  await expect.poll(() => keeper.standing().link).toBe('online')
  // Refused at the call, and told.
  keeper.record({ event_type: 'file_saved', source_type: 'ide', duration_ms: -1 })
  for (let event = 0; event < 5; event++) keeper.record({ event_type: 'file_saved', source_type: 'ide' })
  await keeper.end(60_000)
  expect(sessions[0]?.ledger()).toMatchObject({ recorded: 5, accepted: 5, pending: 0 })
  expect(await statusInCore()).toBe('completed')
})

test('while callbacks throw an attempt that fails is followed by another', async () => {
  let attempts = 0
  const keeper = new SessionKeeper({
    async open() {
      attempts++
      throw new Error('not there')
    },
    maxEarly: 1,
    onOpen: closedLog,
    onError: closedLog,
  })
  keeper.open()
  await expect.poll(() => attempts).toBe(2)
  await keeper.end(0)
  expect(keeper.standing().link).toBe('ended')
})
