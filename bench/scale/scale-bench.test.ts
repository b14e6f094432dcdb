import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const bench = (...args: string[]) => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  return promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args])
}

test('each engine has a row of figures', { timeout: 300_000 }, async () => {
  const { stdout } = await bench('--events', '10000', '--engines', 'pglite')
  const [headers, row] = stdout.trimEnd().split('\n')
  expect(headers).toMatch(/^10000 events +query at 1000 +at the end +× +first tenth +last tenth +× +CPU ×/)
  expect(row).toMatch(
    /^pglite +\d+\.\d\d ms +\d+\.\d\d ms +\d+\.\d\d +\d+\/s +\d+\/s +\d+\.\d\d +\d+\.\d\d +(met|missed: )/,
  )
})

test.each([
  ['--events', '9999'],
  ['--events', 'many'],
  ['--engines', 'mysql'],
])('%s %s is an error', async (option, value) => {
  await expect(bench(option, value)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(option) })
})
