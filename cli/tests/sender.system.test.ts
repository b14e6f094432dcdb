import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type InterruptibleCore, startInterruptibleCore } from '../../client/tests/interruptible-core.ts'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import { type BuiltCli, buildCli, type CliUser, createUser, toolUse } from './support/built-cli.ts'

let cli: BuiltCli
let folder: string
let core: InterruptibleCore
let gateway: TestGateway

beforeAll(async () => {
  cli = await buildCli()
})
afterAll(() => cli?.remove())

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'achilles-cli-core-'))
  core = await startInterruptibleCore(join(folder, 'core'))
  gateway = await startTestGateway(core, { upstream: { maxRetries: 0 } })
})

afterEach(async () => {
  await gateway?.close()
  await core?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** The ids of the events that a hook with a command makes. */
const idsOf = (session: string, id: string) =>
  ['result', 'run'].map((part) => `claude-code:${session}:tool:${id}:${part}`)

const untilSent = (user: CliUser) =>
  expect
    .poll(async () => {
      const { pending, sessions } = await user.status()
      return { pending, isSent: sessions.some(({ counts }) => counts.accepted + counts.duplicate > 0) }
    })
    .toEqual({ pending: 0, isSent: true })

const findSession = async (external_session_key: string) => {
  const answer = await gateway.rest('POST', '/sessions/resolve', { external_session_key, workspace_id: 'ws-cli' })
  return (answer.value as { session: Record<string, unknown> | null }).session
}

test('a session arrives whole: its events once each, its project, its end', async () => {
  const user = await createUser(cli, gateway.url)
  execFileSync('git', ['init', '-q', '--initial-branch=main', '.'], { cwd: user.project })
  execFileSync('git', ['remote', 'add', 'origin', 'https://ada:token@example.com/shop/checkout.git'], {
    cwd: user.project,
  })
  mkdirSync(join(user.project, 'src'))
  const cwd = join(user.project, 'src')
  await user.hook('claude-code', { session_id: 's1', cwd, hook_event_name: 'SessionStart', source: 'startup' }, { cwd })
  for (const id of ['t1', 't2', 't2']) await user.hook('claude-code', toolUse('s1', id, { cwd }), { cwd })
  await user.hook('claude-code', { session_id: 's1', cwd, hook_event_name: 'SessionEnd', reason: 'exit' }, { cwd })
  await expect
    .poll(() => findSession('claude-code:s1'))
    .toMatchObject({
      status: 'completed',
      user_id: 'ada',
      tags: ['claude-code'],
      project_id: expect.any(String),
    })
  await untilSent(user)
  const { sessions, lastError } = await user.status()
  expect(sessions).toMatchObject([{ root: user.project, workspace: 'ws-cli', counts: { failed: 0, dropped: 0 } }])
  expect(lastError).toBeUndefined()
  const stored = (await core.storedEventIds()).filter((id) => id.includes(':tool:'))
  expect(stored.sort()).toEqual([...idsOf('s1', 't1'), ...idsOf('s1', 't2')].sort())
})

test('without a gateway everything is kept; a sender that is killed loses nothing', async () => {
  core.reachable = false
  const user = await createUser(cli, gateway.url)
  const ids = Array.from({ length: 12 }, (_, index) => `t${index}`)
  for (const [index, id] of ids.entries()) {
    await user.hook('claude-code', toolUse(`s${index % 2}`, id))
    if (index % 4 === 3) {
      // Killed at any moment: while it starts, reads, writes or waits.
      await user.killSender()
    }
  }
  core.reachable = true
  await user.hook('claude-code', toolUse('s0', 'last'))
  await expect.poll(async () => (await user.run(['send', '--timeout', '20'])).code).toBe(0)
  const stored = (await core.storedEventIds()).sort()
  expect(stored).toEqual([...ids.flatMap((id, index) => idsOf(`s${index % 2}`, id)), ...idsOf('s0', 'last')].sort())
})

test('what is in the spool stays private and is removed once Core has it', async () => {
  core.reachable = false
  const user = await createUser(cli, gateway.url)
  await user.hook('claude-code', toolUse('s1', 't1'))
  await expect.poll(async () => (await user.status()).lastError?.message).toBeDefined()
  const [session = ''] = readdirSync(join(user.state, 'sessions'))
  const spool = join(user.state, 'sessions', session, 'spool')
  const read = () =>
    readdirSync(spool)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFileSync(join(spool, name), 'utf8'))
      .join('')
  await expect.poll(read).toContain('tool:t1:result')
  expect(read()).not.toContain('npm test')
  expect(readdirSync(join(user.state, 'inbox'))).toEqual([])
  core.reachable = true
  await user.killSender('SIGTERM')
  expect(await user.run(['send'])).toEqual({ code: 0, stdout: 'everything is sent\n', stderr: expect.any(String) })
  expect(read()).toBe('')
})

test('of two senders one ends immediately', async () => {
  const user = await createUser(cli, gateway.url)
  await user.hook('claude-code', toolUse('s1', 't1'))
  await untilSent(user)
  const { sender } = await user.status()
  const second = await user.run(['hook', 'claude-code'], { input: JSON.stringify(toolUse('s1', 't2')) })
  expect(second.code).toBe(0)
  execFileSync(process.execPath, [join(cli.program, '../sender.js')], { env: user.env })
  expect((await user.status()).sender).toEqual(sender)
})

test('a lock of a process that is gone, or has another’s pid, holds nothing up', async () => {
  const user = await createUser(cli, gateway.url)
  await user.hook('claude-code', toolUse('s1', 't1'))
  await untilSent(user)
  await user.killSender()
  expect(existsSync(join(user.state, 'sender.lock'))).toBe(true)
  await user.hook('claude-code', toolUse('s1', 't2'))
  await expect.poll(async () => (await user.status()).sender.running).toBe(true)
  await expect.poll(async () => (await user.status()).sessions[0]?.counts.accepted).toBeGreaterThanOrEqual(3)
})

test('an event is recorded from a script, with its session’s end', async () => {
  const user = await createUser(cli, gateway.url)
  const options = [
    '--payload',
    '{"suite":"unit","password":"hunter2-and-more"}',
    '--session',
    'run-7',
    '--end',
    'failed',
  ]
  const { code, stdout } = await user.run(['record', 'test_run', ...options, '--workspace', 'ws-cli', '--user', 'ci'])
  expect(code).toBe(0)
  await expect.poll(() => findSession('cli:run-7')).toMatchObject({ status: 'failed', user_id: 'ci' })
  expect((await user.run(['send'])).code).toBe(0)
  expect(await core.storedEventIds()).toEqual([stdout.trim()])
})

test('git reports commits, also from a linked worktree', async () => {
  const user = await createUser(cli, gateway.url)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
      cwd: user.project,
      env: user.env,
    })
  git('init', '-q', '--initial-branch=main', '.')
  expect((await user.run(['connect', 'git'])).code).toBe(0)
  git('commit', '-q', '--allow-empty', '-m', 'one')
  git('worktree', 'add', '-q', '-b', 'other', join(user.home, 'other'))
  await untilSent(user)
  const { sessions } = await user.status()
  expect(sessions.every(({ root }) => root === user.project)).toBe(true)
  const commit = git('rev-parse', 'HEAD').toString().trim()
  expect((await core.storedEventIds()).filter((id) => id.includes(':commit:'))).toEqual([
    expect.stringContaining(commit),
  ])
})

test('an invalid event of one session leaves the others alone', async () => {
  const user = await createUser(cli, gateway.url)
  await user.run(['record', 'no_such_type']).then(({ code, stderr }) => {
    expect(code).toBe(1)
    expect(stderr).toContain('event_type')
  })
  await user.hook('claude-code', toolUse('s1', 't1'))
  await untilSent(user)
})
