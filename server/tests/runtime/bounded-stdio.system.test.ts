import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { endOf, spawnGateway } from '../support/gateway-process.ts'

const INITIALIZE =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}'
const PADDING = 'x'.repeat(6_000)
const REQUESTS = 1_500

let child: ChildProcess

afterEach(() => {
  child.kill('SIGKILL')
})

/** A stdio gateway whose output is not read yet. */
function start(settings: Record<string, string> = {}) {
  child = spawnGateway(
    { ACHILLES_BASE_URL: 'http://127.0.0.1:1', ACHILLES_API_KEY: 'k', ...settings },
    { args: ['--stdio'], stdin: 'pipe' },
  )
  const { stdin, stdout, stderr } = child
  if (!stdin || !stdout || !stderr) throw new Error('the process has no streams')
  const log: string[] = []
  createInterface(stderr).on('line', (line) => log.push(JSON.parse(line).reason))
  const read = () => {
    const lines: string[] = []
    createInterface(stdout).on('line', (line) => lines.push(line))
    return lines
  }
  return { stdin, log, read, ended: endOf(child) }
}

const listTools = (id: number) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/list', params: { _meta: { padding: PADDING } } })}\n`

test('the gateway stops reading from a peer that does not read; once it reads, it gets every response', async () => {
  const { stdin, log, read, ended } = start()
  stdin.write(`${INITIALIZE}\n`)
  for (let id = 1; id <= REQUESTS; id++) stdin.write(listTools(id))
  await expect.poll(() => log).toContain('output_stalled')
  // The rest waits in this process, not in the gateway's memory.
  expect(stdin.writableLength).toBeGreaterThan(REQUESTS * 1_000)
  const lines = read()
  await expect.poll(() => lines.length).toBe(REQUESTS + 1)
  expect(new Set(lines.map((line) => JSON.parse(line).id)).size).toBe(REQUESTS + 1)
  expect(log.filter((reason) => reason === 'output_stalled')).toHaveLength(1)
  stdin.end()
  expect(await ended).toBe(0)
})

test('the gateway exits when a peer that never read is gone', async () => {
  const { stdin, log, ended } = start()
  stdin.on('error', () => {})
  stdin.write(`${INITIALIZE}\n`)
  for (let id = 1; id <= REQUESTS; id++) stdin.write(listTools(id))
  await expect.poll(() => log).toContain('output_stalled')
  stdin.destroy()
  child.stdout?.destroy()
  expect(await ended).not.toBeNull()
})

test('a line that is too long gets an error, and the next one is read', async () => {
  const { stdin, log, read, ended } = start({ MAX_BODY_BYTES: '1024' })
  const lines = read()
  stdin.write('x'.repeat(5_000))
  await expect.poll(() => lines).toHaveLength(1)
  for (let count = 0; count < 50; count++) stdin.write('x'.repeat(5_000))
  stdin.write(`\n${INITIALIZE}\n`)
  await expect.poll(() => lines).toHaveLength(2)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ error: { code: -32600 } })
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ id: 0, result: {} })
  expect(log.filter((reason) => reason === 'line_too_long')).toHaveLength(1)
  stdin.end()
  expect(await ended).toBe(0)
})
