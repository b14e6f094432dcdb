import type { WriteStream } from 'node:tty'
import { expect, test } from 'vitest'
import { progressBar } from './terminal-output.ts'

function screen(isTTY: boolean) {
  const written: string[] = []
  return { written, stream: { isTTY, write: (text: string) => written.push(text) } as unknown as WriteStream }
}

test('fills up and goes away', () => {
  const { written, stream } = screen(true)
  const bar = progressBar(400, 'commits', stream)
  bar.advance(200)
  bar.advance(1)
  bar.advance(199)
  bar.end()
  expect(written).toEqual([
    `\r[${' '.repeat(30)}]   0 % of 400 commits`,
    `\r[${'█'.repeat(15)}${' '.repeat(15)}]  50 % of 400 commits`,
    `\r[${'█'.repeat(30)}] 100 % of 400 commits`,
    '\r\u001b[K',
  ])
})

test('draws nothing where nobody looks', () => {
  const { written, stream } = screen(false)
  const bar = progressBar(0, 'commits', stream)
  bar.advance(1)
  bar.end()
  expect(written).toEqual([])
})
