import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { readLines } from './stdio-transport.ts'

async function collectLines(chunks: (string | Buffer)[], maxBytes = 10): Promise<string[]> {
  const input = new PassThrough()
  const lines: string[] = []
  readLines(input, maxBytes, { onLine: (line) => lines.push(line), onTooLong: () => lines.push('TOO LONG') })
  for (const chunk of chunks) input.write(chunk)
  input.end()
  await new Promise((resolve) => input.once('end', resolve))
  return lines
}

test('lines are found wherever chunks break, even within a character', async () => {
  const euro = Buffer.from('€\n')
  expect(await collectLines(['a', 'b\nc\r\n\n \n', euro.subarray(0, 1), euro.subarray(1), 'last'])).toEqual([
    'ab',
    'c',
    '€',
    'last',
  ])
})

test('a line that is too long is skipped, in one chunk or several', async () => {
  expect(await collectLines(['12345678901\nok\n', '123456', '789012', '3\nok\n1234567890\n'])).toEqual([
    'TOO LONG',
    'ok',
    'TOO LONG',
    'ok',
    '1234567890',
  ])
})
