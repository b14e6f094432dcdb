import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { median } from '../sample.ts'
import { forkModule } from './fork-module.ts'
import type { Figures, MeasureName } from './measures.ts'
import { RECORDER_NAMES, type RecorderName } from './recorders/recorders.ts'

export interface ClientBenchOptions {
  rounds: number
  events: number
  onMeasured?: (round: number, recorder: RecorderName) => void
}

export interface ClientBench {
  node: string
  cpu: string
  cores: number
  versions: Record<string, string>
  rounds: number
  events: number
  recorders: { name: RecorderName; median: Figures; rounds: Figures[] }[]
}

/** Rounds are interleaved, so that other load on the machine affects all recorders. */
export async function runClientBench({ rounds, events, onMeasured }: ClientBenchOptions): Promise<ClientBench> {
  const measured = RECORDER_NAMES.map((name) => ({ name, rounds: [] as Figures[] }))
  for (let round = 1; round <= rounds; round++) {
    for (const recorder of measured) {
      recorder.rounds.push(await measureRecorder(recorder.name, events))
      onMeasured?.(round, recorder.name)
    }
  }
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    versions: libraryVersions(),
    rounds,
    events,
    recorders: measured.map(({ name, rounds }) => ({ name, median: medianFigures(rounds), rounds })),
  }
}

/** The number of events that our client and posthog-node hold by default. */
const MAX_HELD_EVENTS = 10_000

const measureRecorder = async (name: RecorderName, events: number): Promise<Figures> => ({
  delivery: await runMeasure('delivery', name, events),
  burst: await runMeasure('burst', name, events),
  memory: await runMeasure('memory', name, Math.min(events, MAX_HELD_EVENTS)),
})

function runMeasure<Name extends MeasureName>(
  measure: Name,
  recorder: RecorderName,
  events: number,
): Promise<Figures[Name]> {
  const args = [measure, recorder, String(events)]
  const child = forkModule(new URL('./measure-process.ts', import.meta.url), args, ['--expose-gc'])
  return new Promise((resolve, reject) => {
    let figures: Figures[Name] | undefined
    child.once('message', (message) => {
      figures = message as Figures[Name]
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (figures) resolve(figures)
      else reject(new Error(`the ${measure} of ${recorder} was not measured: its process ended with ${signal ?? code}`))
    })
  })
}

const medianFigures = (rounds: readonly Figures[]): Figures => ({
  delivery: getMedians(rounds.map(({ delivery }) => delivery)),
  burst: getMedians(rounds.map(({ burst }) => burst)),
  memory: getMedians(rounds.map(({ memory }) => memory)),
})

function getMedians<Sample extends { [Figure in keyof Sample]: number }>(samples: readonly Sample[]): Sample {
  const figures = Object.keys(samples[0] ?? {}) as (keyof Sample)[]
  return Object.fromEntries(figures.map((figure) => [figure, median(samples.map((one) => one[figure]))])) as Sample
}

const LIBRARIES = [
  '@achilles/mcp-client',
  'posthog-node',
  '@opentelemetry/sdk-logs',
  '@opentelemetry/exporter-logs-otlp-http',
]

const { resolve } = createRequire(import.meta.url)

/** Read from disk, since not every library exports its package.json. */
const libraryVersions = (): Record<string, string> =>
  Object.fromEntries(LIBRARIES.map((name) => [name, getVersion(name)]))

function getVersion(name: string): string {
  const paths = (resolve.paths(name) ?? []).map((dir) => join(dir, name, 'package.json'))
  const path = paths.find((path) => existsSync(path))
  if (!path) throw new Error(`${name} is not installed`)
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
