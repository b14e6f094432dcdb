import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import { createGatewayClient, type DroppedEntry, openSession, type Session, type SessionOptions } from '../src/index.ts'
import { fileSpool } from '../src/node.ts'
import { canMount, fillUp, setReadOnly, tmpfs } from '../src/spool/file-spool/testing/tmpfs.ts'
import { type InterruptibleCore, startInterruptibleCore } from './interruptible-core.ts'
import type { SpoolingAnswer, SpoolingCall } from './spooling-process.ts'

describe.skipIf(!canMount)('a session whose spool is on a full disk', () => {
  let folder: string
  let core: InterruptibleCore
  let server: TestGateway

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'achilles-full-disk-'))
    core = await startInterruptibleCore(join(folder, 'core'))
    server = await startTestGateway(core, { upstream: { maxRetries: 0 } })
  })

  afterAll(async () => {
    await server?.close()
    await core?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  function open(dir: string, options: Partial<Pick<SessionOptions, 'onError' | 'onDropped'>> = {}): Session {
    return openSession(createGatewayClient({ url: server.url, retries: 5 }), {
      client_name: 'test',
      client_version: '1.0.0',
      workspace_id: 'ws',
      user_id: 'ada',
      external_session_key: dir,
      spool: fileSpool(dir),
      ...options,
    })
  }

  async function startProcess(dir: string) {
    const child = fork(fileURLToPath(new URL('./spooling-process.ts', import.meta.url)), [server.url, dir], {
      execArgv: ['--import', 'tsx'],
    })
    async function kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    }
    onTestFinished(kill)
    await once(child, 'message')
    return {
      kill,
      async ask(call: SpoolingCall): Promise<SpoolingAnswer> {
        const answered = once(child, 'message')
        child.send(call)
        return (await answered)[0] as SpoolingAnswer
      },
    }
  }

  test.each([
    ['160k', 2_000],
    ['1m', 8_000],
  ])('of %s keeps what fits, has room again once Core has answered, and loses nothing then', async (size, count) => {
    core.reachable = true
    const dir = tmpfs(size)
    const recording = await startProcess(dir)
    core.reachable = false
    const full = await recording.ask({ record: count })
    expect(full).toMatchObject({ unpersisted: expect.stringContaining('ENOSPC'), pending: count })
    // What fits is there: no more than a page or two is free, beside those of owner and directory.
    const { blocks, bavail } = await statfs(dir)
    expect(bavail / blocks).toBeLessThan(0.2)

    core.reachable = true
    expect(await recording.ask({ flush: true })).toMatchObject({
      unpersisted: null,
      accepted: count,
      pending: 0,
    })
    // The opening stays as long as the session.
    await expect.poll(async () => (await readdir(dir)).filter((file) => file.endsWith('.jsonl'))).toHaveLength(1)

    core.reachable = false
    const { eventIds, unpersisted, pending } = await recording.ask({ record: 20 })
    expect({ unpersisted, pending }).toEqual({ unpersisted: null, pending: 20 })
    await recording.kill()

    core.reachable = true
    const session = open(dir)
    await session.flush()
    expect(session.ledger()).toMatchObject({ recovered: 20, accepted: 20, duplicate: 0, failed: 0, pending: 0 })
    expect(eventIds).toHaveLength(20)
    await session.end()
  })

  test('opens all the same, tells the fault, and sends what an earlier run left', async () => {
    core.reachable = true
    const dir = tmpfs('160k')
    const recording = await startProcess(dir)
    core.reachable = false
    await recording.ask({ record: 2_000 })
    await recording.kill()
    fillUp(dir)

    core.reachable = true
    const errors: unknown[] = []
    const session = open(dir, { onError: (error) => errors.push(error) })
    await session.opened
    await session.flush()
    expect(errors).toContainEqual(expect.objectContaining({ message: expect.stringContaining('ENOSPC') }))
    const { recovered } = session.ledger()
    expect(recovered).toBeGreaterThan(100)
    expect(session.ledger()).toMatchObject({ recovered, accepted: recovered, pending: 0 })
    await session.end()
    expect((await readdir(dir)).filter((file) => file.endsWith('.jsonl'))).toEqual([])
  })

  test('which is read-only opens, sends, and tells which events no run will find', async () => {
    core.reachable = true
    const dir = tmpfs('160k')
    setReadOnly(dir, true)
    const errors: unknown[] = []
    const dropped: DroppedEntry[] = []
    const session = open(dir, {
      onError: (error) => errors.push(error),
      onDropped: (event) => dropped.push(event),
    })
    session.record({ event_type: 'file_saved', source_type: 'ide' })
    await session.flush()
    expect(session.ledger()).toMatchObject({ accepted: 1, pending: 0 })
    expect(errors).toContainEqual(expect.objectContaining({ message: expect.stringContaining('EROFS') }))

    core.reachable = false
    const event_id = session.record({ event_type: 'file_saved', source_type: 'ide' })
    await session.close({ deadlineMs: 50 })
    expect(session.ledger()).toMatchObject({ recorded: 2, accepted: 1, pending: 0, dropped: { ended: 1 } })
    expect(dropped).toContainEqual(expect.objectContaining({ kind: 'event', id: event_id, reason: 'ended' }))
  })
})
