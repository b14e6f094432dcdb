import type { Config } from '../../config.ts'
import { coreChecks } from './core-checks.ts'
import { type Check, type Finding, skipped } from './finding.ts'
import { line } from './line.ts'
import { openCore } from './open-core.ts'
import { surroundingsChecks } from './surroundings-checks.ts'

/** A check and what it found. */
export interface Row extends Finding {
  check: string
  /** How long it took, in milliseconds, where somebody was asked. */
  ms?: number
}

/**
 * Looks at everything, one after another.
 * @param log takes what the embedded Core has to say, a line at a time
 */
export async function* examine(config: Config, log: (line: string) => void): AsyncGenerator<Row> {
  for (const check of surroundingsChecks(config)) yield await rowOf(check)

  const startedAt = performance.now()
  const { finding, core, close } = await openCore(config, log)
  try {
    yield { check: 'Core', ...finding, ...(!config.core && { ms: performance.now() - startedAt }) }
    let isOver = false
    for (const check of core ? coreChecks({ core, link: config.link }, config) : []) {
      const row: Row = isOver ? { check: check.name, ...skipped(line`Core cannot be asked`) } : await rowOf(check)
      isOver ||= row.ends === true
      yield row
    }
  } finally {
    await close()
  }
}

async function rowOf({ name, run }: Check): Promise<Row> {
  const startedAt = performance.now()
  const found = run()
  if (!(found instanceof Promise)) return { check: name, ...found }
  const finding = await found
  return { check: name, ...finding, ms: performance.now() - startedAt }
}
