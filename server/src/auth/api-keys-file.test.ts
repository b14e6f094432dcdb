import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { readApiKeysFile, writeApiKeysFile } from './api-keys-file.ts'

const root = await mkdtemp(join(tmpdir(), 'api-keys-file-'))
const A = 'a'.repeat(64)
const B = 'b'.repeat(64)
let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(root, 'test-'))
  path = join(folder, 'keys.json')
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function errorFor(content: unknown): Promise<string> {
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  const error: unknown = await readApiKeysFile(path).catch((reason: unknown) => reason)
  if (!(error instanceof Error)) throw new Error('the file was accepted')
  expect(error.message.startsWith(`${path}: `)).toBe(true)
  expect(error.cause).toBeUndefined()
  return error.message.slice(path.length + 2)
}

test('reads names, hashes in either case, and workspaces', async () => {
  const entries = [
    { name: 'ci', sha256: A.toUpperCase() },
    { name: 'ada@laptop', sha256: B, workspaces: ['ws-1', 'my workspace'] },
  ]
  await writeFile(path, JSON.stringify(entries))
  expect(await readApiKeysFile(path)).toEqual([{ name: 'ci', sha256: A }, entries[1]])
})

test.each<[string, unknown, string]>([
  ['no array', {}, 'must be an array, not an object'],
  ['no name', [{ sha256: A }], '0.name: required'],
  ['a space', [{ name: 'a b', sha256: A }], '0.name: must be 1 to 64 visible ASCII characters without spaces'],
  ['a long name', [{ name: 'n'.repeat(65), sha256: A }], '0.name: must be 1 to 64 visible ASCII characters'],
  ['a line break', [{ name: 'a\n', sha256: A }], '0.name: must be 1 to 64 visible ASCII characters'],
  ['a short hash', [{ name: 'a', sha256: A.slice(1) }], '0.sha256: must be 64 hexadecimal digits'],
  ['no hash', [{ name: 'a', sha256: 'z'.repeat(64) }], '0.sha256: must be 64 hexadecimal digits'],
  [
    'the hash of an empty key',
    [{ name: 'a', sha256: 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855' }],
    '0.sha256: is the hash of an empty key',
  ],
  ['no workspaces', [{ name: 'a', sha256: A, workspaces: [] }], '0.workspaces: must name a workspace'],
  ['a comma', [{ name: 'a', sha256: A, workspaces: ['ok', 'a,b'] }], '0.workspaces.1: must be 1 to 256 printable'],
  ['an outer space', [{ name: 'a', sha256: A, workspaces: ['a '] }], '0.workspaces.0: must be 1 to 256 printable'],
  ['an accent', [{ name: 'a', sha256: A, workspaces: ['é'] }], '0.workspaces.0: must be 1 to 256 printable'],
  ['an unknown key', [{ name: 'a', sha256: A, workspace: 'w' }], '0: has unknown keys: workspace'],
  [
    'one hash twice',
    [
      { name: 'a', sha256: A },
      { name: 'b', sha256: A.toUpperCase() },
    ],
    '1.sha256: is the same as in entry 0',
  ],
  [
    'one name twice',
    [
      { name: 'a', sha256: A },
      { name: 'a', sha256: B },
    ],
    '1.name: is the same as in entry 0',
  ],
])('rejects %s', async (_, content, message) => {
  expect(await errorFor(content)).toContain(message)
})

test('lists every issue', async () => {
  expect(await errorFor([{ name: '', sha256: A }, { name: 'b' }])).toMatch(/^0\.name: [^;]+; 1\.sha256: [^;]+$/)
})

test.each<[string, unknown]>([
  ['broken JSON', `[{"name":"a","sha256":${A}}]`],
  ['a hash as name of a key', [{ name: 'a', sha256: B, [A]: 1 }]],
  ['a hash as the name', [{ name: `${A} `, sha256: B }]],
  ['the same hash twice', [A, A]],
])('the error does not contain the hash: %s', async (_, content) => {
  expect(await errorFor(content)).not.toMatch(/(\w)\1{4}/)
})

test('a missing file is an error', async () => {
  await expect(readApiKeysFile(path)).rejects.toThrow(`${path}: cannot be read (ENOENT)`)
})

test('a written file is read back, is for its owner only, and no other file is left', async () => {
  await writeFile(path, 'old', { mode: 0o644 })
  const entries = [{ name: 'ci', sha256: A, workspaces: ['ws'] }]
  await writeApiKeysFile(path, entries)
  expect(await readApiKeysFile(path)).toEqual(entries)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['keys.json'])
})

test('a symbolic link is kept and its target is replaced', async () => {
  const target = join(folder, 'target.json')
  await writeFile(target, '[]')
  await symlink('target.json', path)
  await writeApiKeysFile(path, [{ name: 'ci', sha256: A }])
  expect(await readlink(path)).toBe('target.json')
  expect(JSON.parse(await readFile(target, 'utf8'))).toEqual([{ name: 'ci', sha256: A }])
})

test('if the file cannot be replaced, no temporary file is left', async () => {
  await expect(writeApiKeysFile(folder, [])).rejects.toThrow()
  expect((await readdir(root)).filter((name) => name.endsWith('.tmp'))).toEqual([])
})
