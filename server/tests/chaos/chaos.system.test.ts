import { expect, test } from 'vitest'
import { runChaos } from './run-chaos.ts'

test('events acknowledged while gateway and Core are killed are stored exactly once', async () => {
  const lines: string[] = []
  const print = (line: string) => lines.push(line)
  const figures = await runChaos({ events: 2_000, kills: 8, seed: 1, timeoutMs: 600_000, print })
  expect(figures, lines.join('\n')).toMatchObject({
    kills: 8,
    acknowledged: 2_000,
    stored: 2_000,
    lost: 0,
    doubled: 0,
    altered: 0,
    acceptedTwice: 0,
  })
}, 660_000)
