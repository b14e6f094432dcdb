import { execFile } from 'node:child_process'
import { cp, readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import config from '../drizzle.config.ts'
import { temporaryFolder } from '../src/testing/temporary-folder.ts'

const SERVER = fileURLToPath(new URL('..', import.meta.url))
const DRIZZLE_KIT = fileURLToPath(new URL('bin.cjs', import.meta.resolve('drizzle-kit')))

test('every schema change has a migration; `npm run migration` creates one', async () => {
  const { path, remove } = await temporaryFolder()
  onTestFinished(remove)
  const copy = join(path, 'drizzle')
  await cp(join(SERVER, config.out ?? ''), copy, { recursive: true })
  const files = await readdir(copy, { recursive: true })
  const { dialect, schema } = config
  // The output path must be relative. The exit code is 0 even on failure, so its output is checked.
  const args = ['generate', '--dialect', dialect, '--schema', String(schema), '--out', relative(SERVER, copy)]
  const { stdout } = await promisify(execFile)(process.execPath, [DRIZZLE_KIT, ...args], { cwd: SERVER })
  expect(stdout).toContain('No schema changes')
  expect(await readdir(copy, { recursive: true })).toEqual(files)
})
