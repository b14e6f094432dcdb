import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { BODY_LIMIT, hostileBodies } from './hostile-bodies.ts'

const bench = (...args: string[]) => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  return promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args])
}

test('bodies fit the limit, match their names, and have unique names', () => {
  const bodies = hostileBodies()
  expect(new Set(bodies.map(({ name }) => name)).size).toBe(bodies.length)
  for (const { name, write } of bodies) {
    const text = write()
    expect(text.length, name).toBeLessThanOrEqual(BODY_LIMIT)
    // Bodies limited by their number of tokens are shorter.
    expect(text.length, name).toBeGreaterThan(90_000)
  }
})

test('each body has a row of figures', { timeout: 300_000 }, async () => {
  const { stdout } = await bench('--rounds', '1', '--bodies', 'wrong tags')
  const [headers, ...rows] = stdout.trimEnd().split('\n')
  expect(headers).toMatch(/^body +status +tokens +CPU ms +stall ms +memory × +response KiB$/)
  expect(rows.map((row) => row.split(': ')[0])).toEqual(['REST', 'native', 'MCP'])
  for (const row of rows) expect(row).toMatch(/: wrong tags +(200|400) +\d+ +\d+ +\d+ +\d+\.\d +\d+\.\d/)
})

test.each([
  ['--rounds', '0'],
  ['--bodies', 'no such body'],
])('%s %s is an error', async (option, value) => {
  await expect(bench(option, value)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(option) })
})
