import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { getProcessUsage } from './get-process-usage.ts'

const IDLE = 'setInterval(() => {}, 1000)'
const BUSY = 'for (;;);'

let child: ChildProcess | undefined
afterEach(() => {
  child?.kill()
})

function run(script: string): number {
  child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
  return child.pid as number
}

const cpuOf = (pid: number) => getProcessUsage(pid).cpuSeconds

test('returns CPU time and memory of a process', async () => {
  const pid = run(BUSY)
  await expect.poll(() => cpuOf(pid)).toBeGreaterThan(0.3)
  expect(getProcessUsage(pid).rssBytes).toBeGreaterThan(10e6)
})

test('an idle process uses almost no CPU time', async () => {
  const pid = run(IDLE)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const before = cpuOf(pid)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(cpuOf(pid) - before).toBeLessThan(0.1)
})

test('includes child processes', async () => {
  const pid = run(
    `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(BUSY)}])
     process.once('SIGTERM', () => { child.kill('SIGKILL'); process.exit() })
     ${IDLE}`,
  )
  // The parent alone uses a fraction of that.
  await expect.poll(() => cpuOf(pid)).toBeGreaterThan(1)
})

test('an unknown process is an error', () => {
  expect(() => getProcessUsage(2 ** 30)).toThrow('ENOENT')
})
