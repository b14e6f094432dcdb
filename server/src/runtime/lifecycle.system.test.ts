import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const MODULE = new URL('./lifecycle.ts', import.meta.url).href

test.each([
  { when: 'during startup', script: '', end: [0, null] },
  { when: 'after startup', script: 'started()', end: [null, 'SIGTERM'] },
])('a process that gets SIGTERM $when', async ({ script, end }) => {
  const started = `const { exitOnSignalDuringStartup } = await import(${JSON.stringify(MODULE)}); const started = exitOnSignalDuringStartup()`
  const program = `${started}; ${script}; setInterval(() => {}, 1000); console.log('runs')`
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', program]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual(end)
})
