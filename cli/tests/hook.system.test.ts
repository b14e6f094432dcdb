import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canMount, fillUp, setReadOnly, tmpfs } from '../../client/src/spool/file-spool/testing/tmpfs.ts'
import {
  type BuiltCli,
  buildCli,
  type CliUser,
  createUser,
  isMissing,
  runProgram,
  toolUse,
} from './support/built-cli.ts'

let cli: BuiltCli

beforeAll(async () => {
  cli = await buildCli()
})
afterAll(() => cli?.remove())

const SILENT = { code: 0, stdout: '', stderr: '' }

/** A sender seems to run, so that what hooks leave stays in the inbox. */
async function createQuietUser(): Promise<CliUser> {
  const user = await createUser(cli)
  mkdirSync(user.state, { recursive: true })
  holdLock(user.state)
  return user
}

function holdLock(state: string): void {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  writeFileSync(join(state, 'sender.lock'), JSON.stringify({ pid: process.pid, started: `${boot} ${started}` }))
}

const readInbox = ({ state }: CliUser) =>
  readdirSync(join(state, 'inbox')).map((name) => readFileSync(join(state, 'inbox', name), 'utf8'))

const readLog = ({ state }: CliUser) => readFileSync(join(state, 'hook.log'), 'utf8')

test('a report is kept, for its owner only', async () => {
  const user = await createQuietUser()
  expect(await user.hook('claude-code', toolUse('s1', 'toolu_1'))).toEqual(SILENT)
  const [entry = ''] = readInbox(user)
  expect(JSON.parse(entry)).toMatchObject({
    source: 'claude-code',
    cwd: user.project,
    report: { session: { key: 'claude-code:s1' } },
  })
  const [name = ''] = readdirSync(join(user.state, 'inbox'))
  expect(statSync(join(user.state, 'inbox', name)).mode & 0o777).toBe(0o600)
  expect(statSync(join(user.state, 'inbox')).mode & 0o777).toBe(0o700)
})

test('content does not reach the disk unless it is turned on', async () => {
  const user = await createQuietUser()
  const prompt = { session_id: 's1', hook_event_name: 'UserPromptSubmit', prompt: 'the words of the prompt' }
  await user.hook('claude-code', prompt)
  expect(readInbox(user)).toEqual([expect.not.stringContaining('words of the prompt')])
  mkdirSync(join(user.home, 'config/achilles'), { recursive: true })
  writeFileSync(
    join(user.home, 'config/achilles/connections.json'),
    JSON.stringify({ connections: { 'claude-code': { content: true } } }),
  )
  await user.hook('claude-code', prompt)
  expect(readInbox(user)).toContainEqual(expect.stringContaining('words of the prompt'))
})

test.each([
  ['nothing', ''],
  ['no JSON', 'a secret that is no JSON'],
  ['half of it', JSON.stringify(toolUse('s', 't')).slice(0, 60)],
  ['a list', '[1,2]'],
  ['null', 'null'],
  ['bytes', '\u0000\u0001\ufffd'.repeat(1000)],
  ['deep JSON', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
])('%s on standard input is logged, without what it was', async (_, input) => {
  const user = await createQuietUser()
  expect(await user.hook('claude-code', input)).toEqual(SILENT)
  expect(isMissing(join(user.state, 'inbox'))).toBe(true)
  if (!input.startsWith('{"a"')) expect(readLog(user)).toContain('standard input')
  expect(isMissing(join(user.state, 'hook.log')) || !readLog(user).includes('secret')).toBe(true)
})

test.each([['an-unknown-agent'], ['../../etc'], ['']])('the source %j is logged', async (source) => {
  const user = await createQuietUser()
  expect(await user.hook(source, '{}')).toEqual(SILENT)
  expect(readLog(user)).toContain('there is no such source')
})

test('a report of many megabytes is kept, and what is too large is logged', async () => {
  const user = await createQuietUser()
  const large = toolUse('s1', 'toolu_1', { tool_response: { stdout: 'x'.repeat(16 * 2 ** 20) } })
  expect(await user.hook('claude-code', large)).toEqual(SILENT)
  expect(readInbox(user)).toHaveLength(1)
  expect(await user.hook('claude-code', `{"a":"${'x'.repeat(40 * 2 ** 20)}"}`)).toEqual(SILENT)
  expect(readLog(user)).toContain('more than')
})

describe('without an end of standard input', () => {
  function start(user: CliUser) {
    const child = spawn(process.execPath, [cli.program, 'hook', 'claude-code'], { cwd: user.project, env: user.env })
    child.stdin.on('error', () => {})
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
    const ended = Promise.all([closed, text(child.stdout), text(child.stderr)])
    return { child, ended }
  }

  test('what has arrived is used', async () => {
    const user = await createQuietUser()
    const { child, ended } = start(user)
    child.stdin.write(JSON.stringify(toolUse('s1', 'toolu_1')))
    expect(await ended).toEqual([0, '', ''])
    expect(readInbox(user)).toHaveLength(1)
  })

  test('an endless input ends too', async () => {
    const user = await createQuietUser()
    const { child, ended } = start(user)
    const chunk = Buffer.alloc(2 ** 20, 'x')
    const write = () => {
      while (child.stdin.writable && child.stdin.write(chunk));
    }
    child.stdin.on('drain', write)
    write()
    expect(await ended).toEqual([0, '', ''])
    expect(readLog(user)).toContain('more than')
  })

  test('a signal does not lose the report', async () => {
    const user = await createQuietUser()
    const { child, ended } = start(user)
    child.stdin.write(JSON.stringify(toolUse('s1', 'toolu_1')))
    // Once it reads, its handlers are there.
    await expect.poll(() => isPolling(child.pid ?? 0)).toBe(true)
    child.kill('SIGINT')
    child.kill('SIGTERM')
    child.stdin.end()
    expect(await ended).toEqual([0, '', ''])
    expect(readInbox(user)).toHaveLength(1)
  })
})

/** Whether a process waits for its standard input by epoll. */
const isPolling = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/fdinfo`).some((fd) => /^tfd:\s+0 /m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')))

test('closed streams do no harm', async () => {
  const user = await createQuietUser()
  const hook = `'${process.execPath}' '${cli.program}' hook claude-code`
  const run = (command: string) => runProgram(['bash', '-c', command], { cwd: user.project, env: user.env })
  expect(await run(`${hook} <&- >&- 2>&-; echo $?`)).toEqual({ code: 0, stdout: '0\n', stderr: '' })
  expect(await run(`echo '{}' | ${hook} | true; echo \${PIPESTATUS[1]}`)).toEqual({
    code: 0,
    stdout: '0\n',
    stderr: '',
  })
})

test('hooks that run at the same time keep every report', async () => {
  const user = await createQuietUser()
  const ids = Array.from({ length: 24 }, (_, index) => `toolu_${index}`)
  const output = 'x'.repeat(200_000)
  const ended = await Promise.all(
    ids.map((id) => user.hook('claude-code', toolUse('s1', id, { tool_response: { output } }))),
  )
  expect(ended).toEqual(ids.map(() => SILENT))
  const kept = readInbox(user).flatMap((entry) => /toolu_\d+/.exec(entry) ?? [])
  expect(kept.map(String).sort()).toEqual([...ids].sort())
})

describe('a state folder that', () => {
  test('is a file is as good as none', async () => {
    const user = await createUser(cli)
    mkdirSync(join(user.home, 'state'))
    writeFileSync(user.state, '')
    expect(await user.hook('claude-code', toolUse('s1', 'toolu_1'))).toEqual(SILENT)
  })

  test('is a symbolic link to nowhere is as good as none', async () => {
    const user = await createUser(cli)
    mkdirSync(join(user.home, 'state'))
    symlinkSync('/nowhere/at/all', user.state)
    expect(await user.hook('claude-code', toolUse('s1', 'toolu_1'))).toEqual(SILENT)
  })

  test.skipIf(process.getuid?.() === 0)('cannot be written is as good as none', async () => {
    const user = await createQuietUser()
    chmodSync(user.state, 0o500)
    expect(await user.hook('claude-code', toolUse('s1', 'toolu_1'))).toEqual(SILENT)
  })

  test('is gone, with the working directory, is made again', async () => {
    const user = await createQuietUser()
    rmSync(user.state, { recursive: true })
    mkdirSync(user.state)
    holdLock(user.state)
    const command = `mkdir gone && cd gone && rmdir ../gone && exec '${process.execPath}' '${cli.program}' hook claude-code`
    const ended = await runProgram(['bash', '-c', command], {
      cwd: user.project,
      env: user.env,
      input: JSON.stringify(toolUse('s1', 'toolu_1')),
    })
    expect(ended).toEqual(SILENT)
  })

  describe.skipIf(!canMount)('is on a disk', () => {
    test('without room is as good as none', async () => {
      const user = await createUser(cli)
      const disk = tmpfs('64k')
      fillUp(disk)
      const env = { XDG_STATE_HOME: disk }
      expect(await user.hook('claude-code', toolUse('s1', 'toolu_1'), { env })).toEqual(SILENT)
      expect(readdirSync(join(disk, 'achilles/inbox'))).toEqual([])
      rmSync(join(disk, 'filler'))
      holdLock(join(disk, 'achilles'))
      expect(await user.hook('claude-code', toolUse('s1', 'toolu_2'), { env })).toEqual(SILENT)
      expect(readdirSync(join(disk, 'achilles/inbox'))).toHaveLength(1)
    })

    test('that fills up leaves no half of a report', async () => {
      const user = await createUser(cli)
      const disk = tmpfs('64k')
      mkdirSync(join(disk, 'achilles/inbox'), { recursive: true })
      holdLock(join(disk, 'achilles'))
      fillUp(disk)
      const env = { XDG_STATE_HOME: disk }
      expect(await user.hook('claude-code', toolUse('s1', 'toolu_1'), { env })).toEqual(SILENT)
      expect(readdirSync(join(disk, 'achilles/inbox'))).toEqual([])
    })

    test('that is read-only is as good as none', async () => {
      const user = await createUser(cli)
      const disk = tmpfs('64k')
      setReadOnly(disk, true)
      expect(await user.hook('claude-code', toolUse('s1', 'toolu_1'), { env: { XDG_STATE_HOME: disk } })).toEqual(
        SILENT,
      )
    })
  })
})

test('settings that cannot be read turn content off', async () => {
  const user = await createQuietUser()
  mkdirSync(join(user.home, 'config/achilles'), { recursive: true })
  writeFileSync(
    join(user.home, 'config/achilles/connections.json'),
    '{"connections": {"claude-code": {"content": true}',
  )
  expect(await user.hook('claude-code', toolUse('s1', 'toolu_1'))).toEqual(SILENT)
  expect(readInbox(user)).toEqual([expect.not.stringContaining('npm test')])
  expect(readLog(user)).toContain('is not valid JSON')
})

test('the log stays small', async () => {
  const user = await createQuietUser()
  writeFileSync(join(user.state, 'hook.log'), 'x'.repeat(300_000))
  await user.hook('claude-code', 'garbage')
  expect(statSync(join(user.state, 'hook.log')).size).toBeLessThan(1_000)
  expect(statSync(join(user.state, 'hook.log.1')).size).toBe(300_000)
})
