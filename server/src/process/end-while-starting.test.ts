import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const MODULE = new URL('./end-while-starting.ts', import.meta.url).href

test.each([
  { when: 'while it starts', script: '', end: [0, null] },
  { when: 'after that', script: 'started()', end: [null, 'SIGTERM'] },
])('a process that is told to end $when', async ({ script, end }) => {
  const started = `const { endWhileStarting } = await import(${JSON.stringify(MODULE)}); const started = endWhileStarting()`
  const program = `${started}; ${script}; setInterval(() => {}, 1000); console.log('runs')`
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', program]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual(end)
})
