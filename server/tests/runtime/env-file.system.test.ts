import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../embedded-core/src/testing/temporary-folder.ts'
import { stdioDataDir } from '../../src/settings/environment.ts'
import { runCommand } from '../support/command-process.ts'
import { spawnService, untilEnded } from '../support/service-process.ts'

const folder = await temporaryFolder()
afterAll(() => folder.remove())

let count = 0
async function newFolder(files: Record<string, string | Buffer> = {}): Promise<string> {
  const path = join(folder.path, `f${count++}`)
  await mkdir(path)
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text)
  return path
}

/** The standard error of `main.ts` and the commands when started in `cwd` with invalid settings. */
async function startedIn(cwd: string, script: 'main' | 'core', args: string[] = [], env: Record<string, string> = {}) {
  const command = script === 'main' ? [] : [script]
  const child = spawnService('main.ts', { HOME: cwd, ...env }, { cwd, args: [...command, ...args] })
  return untilEnded(child)
}

const FAULTY = 'HTTP_MAX_RETRIES=from-file\nCORE_MAX_QUEUED=from-file\n'

test('with --stdio no .env of the working directory is read', async () => {
  const cwd = await newFolder({ '.env': FAULTY })
  const { exitCode, stderr } = await startedIn(cwd, 'main', ['--stdio'], { CORE_MAX_IN_FLIGHT: 'x' })
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(/^CORE_MAX_IN_FLIGHT: .+\n$/) })
})

test.each([[['--stdio']], [[]]])(
  'main.ts %j reads only the file given with --env-file',
  async (args) => {
    const cwd = await newFolder({ '.env': 'PORT=x\n', 'my.env': FAULTY })
    const { exitCode, stderr } = await startedIn(cwd, 'main', [...args, '--env-file', 'my.env'])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/^HTTP_MAX_RETRIES: .+\nCORE_MAX_QUEUED: .+\n$/),
    })
  },
  60_000,
)

test('the commands also accept --env-file', async () => {
  const cwd = await newFolder({
    '.env': 'ACHILLES_API_KEY=two words\n',
    'my.env': 'CORE_PORT=x\nACHILLES_API_KEY=k\nPORT=y\nGATEWAY_API_KEYS_FILE=named.json\n',
    'named.json': '[]',
  })
  expect((await startedIn(cwd, 'core', ['--env-file', 'my.env'])).stderr).toMatch(/^CORE_PORT: .+\n$/)
  const doctor = await runCommand('doctor', ['--env-file', 'my.env'], { cwd })
  expect(doctor.stderr).toMatch(/^PORT: /)
  const keys = await runCommand('keys', ['list', '--env-file', 'my.env'], { cwd })
  expect(keys).toEqual({ exitCode: 0, stdout: '', stderr: '' })
})

// Node 20 itself parses `--env-file` in a script's arguments and exits before the script runs.
test.each(['main', 'core'] as const)(
  'a missing file given to %s is an error',
  async (script) => {
    const { exitCode, stderr } = await startedIn(await newFolder(), script, ['--env-file', 'none.env'], {
      ACHILLES_API_KEY: 'k',
    })
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain('none.env')
  },
  60_000,
)

test.each([
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${FAULTY}`), /^HTTP_MAX_RETRIES: .+\nCORE_MAX_QUEUED: .+\n$/],
  ['UTF-16', Buffer.from(`\ufeff${FAULTY}`, 'utf16le'), /^\.env: is not UTF-8 text/],
  ['UTF-16 without a mark', Buffer.from(FAULTY, 'utf16le'), /^\.env: is not UTF-8 text/],
  ['Latin-1', Buffer.from('HTTP_MAX_RETRIES=\u00e9\n', 'latin1'), /^\.env: is not UTF-8 text/],
])(
  'a .env in %s',
  async (_encoding, bytes, told) => {
    const { exitCode, stderr } = await startedIn(await newFolder({ '.env': bytes }), 'main')
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(told) })
  },
  60_000,
)

test('a .env that is a directory is an error', async () => {
  const cwd = await newFolder()
  await mkdir(join(cwd, '.env'))
  expect((await startedIn(cwd, 'main')).stderr).toBe('.env: cannot be read (EISDIR)\n')
})

test('by default a stdio gateway stores its data outside the working directory', async () => {
  const cwd = await newFolder()
  const home = await newFolder()
  const env = { XDG_DATA_HOME: home }
  const child = spawnService('main.ts', env, { cwd, args: ['--stdio'], stdin: 'pipe' })
  const ended = untilEnded(child)
  const dataDir = stdioDataDir(env, { workingDir: cwd, platform: 'linux' })
  await expect.poll(() => readdir(dataDir).catch(() => [])).toContain('core')
  expect(await readdir(cwd)).toEqual([])
  child.stdin?.end()
  expect((await ended).exitCode).toBe(0)
})

test.each([
  ['linux', {}, '/home/ada/.local/share/achilles/a_b-'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/achilles/a_b-'],
  ['darwin', {}, '/home/ada/Library/Application Support/achilles/a_b-'],
  ['win32', { LOCALAPPDATA: '/local' }, '/local/achilles/a_b-'],
] as const)('the default data directory on %s with %o', (platform, environment, start) => {
  const of = (workingDir: string) => stdioDataDir(environment, { workingDir, home: '/home/ada', platform })
  expect(of('/work/a b')).toMatch(new RegExp(`^${start}[0-9a-f]{12}$`))
  expect(of('/work/a b')).not.toBe(of('/other/a b'))
})
