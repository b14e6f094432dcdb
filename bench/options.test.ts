import { describe, expect, test } from 'vitest'
import { byName, readOptions } from './options.ts'

test('without arguments everything is measured', () => {
  expect(readOptions([])).toEqual({
    rounds: 5,
    measureMs: 2000,
    warmMs: 500,
    connections: [1, 32, 256],
    cases: [],
    contenders: [],
    json: undefined,
    chart: undefined,
  })
})

test('parses every option', () => {
  const args = '--rounds 1 --seconds 0.2 --connections 2,32,2 --contenders gateway,hand --json a.json --chart b.svg'
  expect(readOptions([...args.split(' '), '--cases', 'REST session, insights'])).toEqual({
    rounds: 1,
    measureMs: 200,
    warmMs: 50,
    connections: [2, 32],
    cases: ['REST session', 'insights'],
    contenders: ['gateway', 'hand'],
    json: 'a.json',
    chart: 'b.svg',
  })
})

test.each(['--help', '-h'])('%s describes every option', (help) => {
  const usage = Object(readOptions([help])).usage
  for (const option of ['cases', 'contenders', 'connections', 'rounds', 'seconds', 'json', 'chart', 'help']) {
    expect(usage).toMatch(new RegExp(`^  --${option} `, 'm'))
  }
})

describe('rejects', () => {
  test.each([
    [['--rounds', '0'], '--rounds: must be a number above 0, not 0'],
    [['--rounds', '1.5'], '--rounds: must be a whole number, not 1.5'],
    [['--seconds', 'long'], '--seconds: must be a number above 0, not long'],
    [['--connections', '1,two'], '--connections: must be a number above 0, not two'],
    [['--connections', ','], '--connections: name one number at least'],
    [['--connections', '1,256', '--chart', 'a.svg'], '--chart: shows 32 connections, which --connections leaves out'],
    [['--colour'], "Unknown option '--colour'"],
  ])('%j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message)
  })
})

describe('byName', () => {
  const ALL = ['REST session', 'native session', 'REST batch of 50', 'REST batch of 500'].map((name) => ({ name }))
  const chosen = (...parts: string[]) => byName(ALL, parts, 'cases').map(({ name }) => name)

  test('no part selects everything', () => {
    expect(byName(ALL, [], 'cases')).toEqual(ALL)
  })

  test('a part selects all names that contain it, each once and in their own order', () => {
    expect(chosen('batch', 'REST')).toEqual(['REST session', 'REST batch of 50', 'REST batch of 500'])
  })

  test('a full name selects only that one, even if another name contains it', () => {
    expect(chosen('REST batch of 50')).toEqual(['REST batch of 50'])
  })

  test('a part of no name is an error that lists the names', () => {
    expect(() => chosen('session', 'graphql')).toThrow(/^--cases: “graphql” is in none of “REST session”, “native/)
  })
})
