import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { runCommand } from '../support/command-process.ts'

const root = await mkdtemp(join(tmpdir(), 'keys-command-'))
let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(root, 'test-'))
  path = join(folder, 'keys.json')
})
afterAll(() => rm(root, { recursive: true, force: true }))

const keys = (args: string[], env: Record<string, string> = { GATEWAY_API_KEYS_FILE: path }) =>
  runCommand('keys', args, { env, cwd: folder })

const stored = async () => JSON.parse(await readFile(path, 'utf8')) as unknown
const sha256 = (key: string) => createHash('sha256').update(key.trim()).digest('hex')

test('adds, lists and removes keys; the file holds hashes and is readable by its owner only', async () => {
  const ci = await keys(['add', 'ci'])
  expect(ci).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ach_[\w-]{43}\n$/) })
  expect(ci.stderr).toContain('The key of ci, shown only once')
  expect(ci.stderr).not.toContain(ci.stdout.trim())
  expect((await stat(path)).mode & 0o777).toBe(0o600)

  const ada = await keys(['add', 'ada', '--workspace', 'ws-1', '--workspace', 'my workspace'])
  expect(ada.exitCode).toBe(0)
  expect(await stored()).toEqual([
    { name: 'ci', sha256: sha256(ci.stdout) },
    { name: 'ada', sha256: sha256(ada.stdout), workspaces: ['ws-1', 'my workspace'] },
  ])
  expect((await stat(path)).mode & 0o777).toBe(0o600)

  expect(await keys(['list'])).toEqual({
    exitCode: 0,
    stdout: 'ci\tall workspaces\nada\tws-1, my workspace\n',
    stderr: '',
  })

  expect(await keys(['remove', 'ci'])).toEqual({ exitCode: 0, stdout: '', stderr: 'The key of ci was removed\n' })
  expect(await stored()).toEqual([expect.objectContaining({ name: 'ada' })])
  expect(await readdir(folder)).toEqual(['keys.json'])
})

test('an existing name, a missing name and an invalid file change nothing', async () => {
  const content = JSON.stringify([{ name: 'ci', sha256: 'a'.repeat(64) }])
  await writeFile(path, content)
  expect(await keys(['add', 'ci'])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `${path}: already has a key named ci\n`,
  })
  expect(await keys(['remove', 'ada'])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `${path}: has no key named ada\n`,
  })
  expect(await readFile(path, 'utf8')).toBe(content)

  await writeFile(path, '[')
  expect(await keys(['add', 'ada'])).toEqual({ exitCode: 1, stdout: '', stderr: `${path}: is not JSON\n` })
  expect(await readFile(path, 'utf8')).toBe('[')
})

test('the file is set in the environment or in .env', async () => {
  expect(await keys(['list'], {})).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'GATEWAY_API_KEYS_FILE: is required: the file with the API keys\n',
  })
  await writeFile(join(folder, '.env'), 'GATEWAY_API_KEYS_FILE=from-env.json\n')
  expect(await keys(['add', 'ci'], {})).toMatchObject({ exitCode: 0 })
  expect(await readdir(folder)).toEqual(['.env', 'from-env.json'])
  expect(await keys(['list'])).toMatchObject({ exitCode: 1, stderr: `${path}: cannot be read (ENOENT)\n` })
})

test.each([
  [[], 'Usage: achilles-mcp-gateway keys'],
  [['add'], "missing required argument 'name'"],
  [['list', 'ci'], "too many arguments for 'list'"],
  [['rotate', 'ci'], "unknown command 'rotate'"],
  [['remov', 'ci'], 'Did you mean remove?'],
  [['add', 'ci', 'ada'], "too many arguments for 'add'"],
  [['remove', 'ci', '--workspace', 'w'], "unknown option '--workspace'"],
  [['add', 'ci', '--workspaces', 'w'], 'Did you mean --workspace?'],
  [['add', 'c i'], 'name: must be 1 to 64 visible ASCII characters without spaces'],
  [['add', 'ci', '--workspace', 'a,b'], 'workspaces.0: must be 1 to 256 printable ASCII characters'],
])(
  'invalid usage is reported with exit code 2: %j',
  async (args, reason) => {
    const { exitCode, stdout, stderr } = await keys(args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(reason)
    expect(stderr).toContain(args.length === 0 ? 'add [options] <name>' : 'Run it with --help for usage.')
    expect(await readdir(folder)).toEqual([])
  },
  30_000,
)
