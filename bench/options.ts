import { parseArgs } from 'node:util'
import { REPORTED_CONNECTIONS } from './figures/target.ts'

/** What `npm run bench` was asked for. */
export interface BenchOptions {
  rounds: number
  /** How long each sample takes at least, in milliseconds, and what is let pass before it. */
  measureMs: number
  warmMs: number
  connections: readonly number[]
  /** Names of cases and contenders to leave it at, or parts of names; empty: all. */
  cases: readonly string[]
  contenders: readonly string[]
  /** Where the figures go as JSON, and the chart as SVG. */
  json: string | undefined
  chart: string | undefined
}

const USAGE = `npm run bench -- [options]

Measures the gateway beside other servers that do its duty, and prints tables.

  --cases LIST        names of cases, or parts of them, with commas between: session,'REST batch of 50' (all)
  --contenders LIST   names of servers, or parts of them: gateway,hand-written (all that can run here)
  --connections LIST  how many connections call at once; targets, tail and chart want ${REPORTED_CONNECTIONS} among them (1,32,256)
  --rounds N          how many samples each figure is the median of (5)
  --seconds N         how long each sample takes at least (2)
  --json FILE         writes every figure to FILE
  --chart FILE        draws CPU time per request at ${REPORTED_CONNECTIONS} connections into FILE, an SVG
  --help              prints this
`

/**
 * Reads the arguments of `npm run bench -- …`; the usage where that is what they ask for.
 * @throws Error with a sentence for what is wrong.
 */
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
  const measureMs = 1000 * positive('seconds', values.seconds)
  const connections = [...new Set(listOf(values.connections).map((text) => positiveWhole('connections', text)))]
  if (connections.length === 0) throw new Error('--connections: name one number at least')
  if (values.chart && !connections.includes(REPORTED_CONNECTIONS)) {
    throw new Error(`--chart: shows ${REPORTED_CONNECTIONS} connections, which --connections leaves out`)
  }
  return {
    rounds: positiveWhole('rounds', values.rounds),
    measureMs,
    warmMs: measureMs / 4,
    connections,
    cases: listOf(values.cases),
    contenders: listOf(values.contenders),
    json: values.json,
    chart: values.chart,
  }
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 1e6)) throw new Error(`--${name}: must be a number above 0, not ${text}`)
  return value
}

function positiveWhole(name: string, text: string): number {
  const value = positive(name, text)
  if (!Number.isInteger(value)) throw new Error(`--${name}: must be a whole number, not ${text}`)
  return value
}
