import { parseArgs } from 'node:util'
import { REPORTED_CONNECTIONS } from './targets.ts'

export interface BenchOptions {
  rounds: number
  /** The minimum duration of a sample and of the warm-up before it, in milliseconds. */
  measureMs: number
  warmMs: number
  connections: readonly number[]
  /** Names of cases and contenders, or parts of names; empty for all. */
  cases: readonly string[]
  contenders: readonly string[]
  json: string | undefined
  chart: string | undefined
}

const USAGE = `npm run bench -- [options]

Compares the gateway with other servers that do the same work, and prints tables.

  --cases LIST        names of cases, or parts of them, separated by commas: session,'REST batch of 50' (all)
  --contenders LIST   names of servers, or parts of them: gateway,hand-written (all that can run here)
  --connections LIST  numbers of connections; targets, tail and chart need ${REPORTED_CONNECTIONS} among them (1,32,256)
  --rounds N          how many samples each figure is the median of (5)
  --seconds N         how long each sample takes at least (2)
  --json FILE         writes every figure to FILE
  --chart FILE        draws CPU time per request at ${REPORTED_CONNECTIONS} connections into FILE, an SVG
  --help              prints this
`

/** @throws Error with a message for the user. */
export function readOptions(args: readonly string[]): BenchOptions | { usage: string } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      connections: { type: 'string', default: '1,32,256' },
      cases: { type: 'string', default: '' },
      contenders: { type: 'string', default: '' },
      json: { type: 'string' },
      chart: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return { usage: USAGE }
  const measureMs = 1000 * parsePositive('seconds', values.seconds)
  const connections = [
    ...new Set(parseList(values.connections).map((text) => parsePositiveInteger('connections', text))),
  ]
  if (connections.length === 0) throw new Error('--connections: name one number at least')
  if (values.chart && !connections.includes(REPORTED_CONNECTIONS)) {
    throw new Error(`--chart: shows ${REPORTED_CONNECTIONS} connections, which --connections leaves out`)
  }
  return {
    rounds: parsePositiveInteger('rounds', values.rounds),
    measureMs,
    warmMs: measureMs / 4,
    connections,
    cases: parseList(values.cases),
    contenders: parseList(values.contenders),
    json: values.json,
    chart: values.chart,
  }
}

const parseList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

function parsePositive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 1e6)) throw new Error(`--${name}: must be a number above 0, not ${text}`)
  return value
}

function parsePositiveInteger(name: string, text: string): number {
  const value = parsePositive(name, text)
  if (!Number.isInteger(value)) throw new Error(`--${name}: must be a whole number, not ${text}`)
  return value
}

/** A full name selects one, a part of a name all that contain it. @throws Error if no name contains a part. */
export function byName<T extends { name: string }>(all: readonly T[], parts: readonly string[], what: string): T[] {
  if (parts.length === 0) return [...all]
  const asked = new Set(parts.flatMap((part) => matches(all, part, what)))
  return all.filter((one) => asked.has(one))
}

function matches<T extends { name: string }>(all: readonly T[], part: string, what: string): T[] {
  const whole = all.filter(({ name }) => name === part)
  const found = whole.length > 0 ? whole : all.filter(({ name }) => name.includes(part))
  if (found.length > 0) return found
  throw new Error(`--${what}: “${part}” is in none of ${all.map(({ name }) => `“${name}”`).join(', ')}`)
}
