import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltCli, buildCli, createUser, toolUse } from './support/built-cli.ts'

const ROUNDS = 30
const LIMIT = 1.5

let cli: BuiltCli

beforeAll(async () => {
  cli = await buildCli()
})
afterAll(() => cli?.remove())

/** The gateway is away, as a hook never speaks with it. */
test(`a hook takes at most ${LIMIT} times as long as node -e 0`, async () => {
  const user = await createUser(cli, 'http://127.0.0.1:9')
  const input = JSON.stringify(toolUse('s1', 'toolu_1', { tool_response: { stdout: 'x'.repeat(4_000) } }))
  const hook = join(user.home, 'input.json')
  writeFileSync(hook, input)
  await user.hook('claude-code', input)
  await expect.poll(async () => (await user.status()).sender.running).toBe(true)
  // Alternately, so that both meet the same load.
  const commands = [
    ['-e', '0'],
    [cli.program, 'hook', 'claude-code'],
  ]
  const times: number[][] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, args] of commands.entries()) {
      const startedAt = performance.now()
      spawnSync(process.execPath, args, { input, env: user.env, cwd: user.project })
      times[index]?.push(performance.now() - startedAt)
    }
  }
  const at = (share: number) => times.map((own) => own.toSorted((a, b) => a - b)[Math.floor(ROUNDS * share)] ?? 0)
  const [empty = 0, own = 0] = at(0.5)
  process.stdout.write(
    `a hook: ${own.toFixed(1)} ms, node -e 0: ${empty.toFixed(1)} ms, ratio ${(own / empty).toFixed(2)}\n`,
  )
  // The shortest: whatever else runs on the machine lengthens some runs of either.
  const [shortEmpty = 0, shortOwn = 0] = at(0)
  expect(shortOwn / shortEmpty).toBeLessThan(LIMIT)
})
