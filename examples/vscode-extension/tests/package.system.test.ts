import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const EXTENSION = fileURLToPath(new URL('..', import.meta.url))

test('is packed without a warning, and contains only what runs', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'achilles-vsix-'))
  const file = join(dir, 'extension.vsix')
  const { stdout, stderr } = await run('npm', ['run', 'package', '--', '--out', file], { cwd: EXTENSION })
  expect(`${stdout}${stderr}`).not.toMatch(/\b(WARNING|ERROR)\b/)
  const { stdout: list } = await run('npx', ['--yes', '@vscode/vsce@^3', 'ls', '--no-dependencies'], { cwd: EXTENSION })
  expect(list.trim().split('\n').sort()).toEqual(['LICENSE', 'README.md', 'dist/extension.cjs', 'package.json'])
  process.stdout.write(`the .vsix has ${((await stat(file)).size / 1024).toFixed(0)} KB\n`)
  await rm(dir, { recursive: true })
})
