import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { processUsage } from './process-usage.ts'

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

const cpuOf = (pid: number) => processUsage(pid).cpuSeconds

test('sees what a process burns, and its memory', async () => {
  const pid = run(BUSY)
  await expect.poll(() => cpuOf(pid)).toBeGreaterThan(0.3)
  expect(processUsage(pid).rssBytes).toBeGreaterThan(10e6)
})

test('an idle process burns next to nothing', async () => {
  const pid = run(IDLE)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const before = cpuOf(pid)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(cpuOf(pid) - before).toBeLessThan(0.1)
})

test('counts what its children burn', async () => {
  const pid = run(
    `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(BUSY)}])
     process.once('SIGTERM', () => { child.kill('SIGKILL'); process.exit() })
     ${IDLE}`,
  )
  // The parent by itself takes a fraction of that.
  await expect.poll(() => cpuOf(pid)).toBeGreaterThan(1)
})

test('no such process is an error', () => {
  expect(() => processUsage(2 ** 30)).toThrow('ENOENT')
})
