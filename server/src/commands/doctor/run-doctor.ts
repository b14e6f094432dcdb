import { isatty } from 'node:tty'
import { styleText } from 'node:util'
import { type Config, ConfigError, readConfig } from '../../config.ts'
import { EnvFileError, type EnvFileOptions, type Environment, readEnvFile } from '../../settings/environment.ts'
import { version } from '../../version.ts'
import { type Check, type CheckResult, type CheckStatus, type Line, line, redact, skipped } from './check-result.ts'
import { coreChecks } from './core-checks.ts'
import { environmentChecks, openCore } from './environment-checks.ts'

export interface DoctorOutput {
  files: EnvFileOptions
  write(text: string): void
  writeError(text: string): void
  paint: Paint
}

/** Runs the checks with this process's settings and sets the exit code. */
export async function doctor({ envFile: named }: { envFile?: string }): Promise<void> {
  const inColour = isatty(1) && process.stdout.hasColors()
  process.exitCode = await runDoctor(process.env, {
    files: { named, fallback: '.env' },
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    paint: inColour ? styleText : (_format, text) => text,
  })
}

/** Resolves to the exit code. */
export async function runDoctor(
  environment: Environment,
  { files, write, writeError, paint }: DoctorOutput,
): Promise<0 | 1> {
  try {
    readEnvFile(environment, files)
    const config = readConfig(environment)
    const show = redact(config)
    const count: Record<CheckStatus, number> = { ok: 0, warning: 0, fault: 0, skipped: 0 }
    write(`Achilles MCP Gateway ${version}\n\n`)
    for await (const row of runChecks(config, (text) => writeError(`${show(line`${text}`)}\n`))) {
      count[row.verdict]++
      write(printRow(row, { paint, show }))
    }
    write(`\n${count.ok} ok, ${count.warning} warnings, ${count.fault} faults, ${count.skipped} skipped\n`)
    return count.fault > 0 ? 1 : 0
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof EnvFileError)) throw error
    writeError(`${error.message}\n`)
    return 1
  }
}

export interface Row extends CheckResult {
  check: string
  /** Set for asynchronous checks. */
  ms?: number
}

/** @param log called with each line that the embedded Core logs */
async function* runChecks(config: Config, log: (line: string) => void): AsyncGenerator<Row> {
  for (const check of environmentChecks(config)) yield await runCheck(check)

  const startedAt = performance.now()
  const { result, core, close } = await openCore(config, log)
  try {
    yield { check: 'Core', ...result, ...(!config.core && { ms: performance.now() - startedAt }) }
    let isStopped = false
    for (const check of core ? coreChecks({ core, upstream: config.upstream }, config) : []) {
      const row: Row = isStopped
        ? { check: check.name, ...skipped(line`Core cannot be checked`) }
        : await runCheck(check)
      isStopped ||= row.stopsCoreChecks === true
      yield row
    }
  } finally {
    await close()
  }
}

async function runCheck({ name, run }: Check): Promise<Row> {
  const startedAt = performance.now()
  const found = run()
  if (!(found instanceof Promise)) return { check: name, ...found }
  const result = await found
  return { check: name, ...result, ms: performance.now() - startedAt }
}

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

interface RowStyle {
  paint: Paint
  show: (line: Line) => string
}

const COLOURS = { ok: 'green', warning: 'yellow', fault: 'red', skipped: 'gray' } as const satisfies Record<
  CheckStatus,
  string
>

const NAME_WIDTH = 15
const TIME_WIDTH = 8
const MARGIN = ' '.repeat('warning'.length + NAME_WIDTH + TIME_WIDTH + 4)

export function printRow({ verdict, check, ms, seen, advice }: Row, { paint, show }: RowStyle): string {
  const mark = paint(COLOURS[verdict], verdict.padEnd('warning'.length))
  const time = (ms === undefined ? '' : `${Math.round(ms)} ms`).padStart(TIME_WIDTH)
  const found = `${mark}  ${check.padEnd(NAME_WIDTH)}${paint('dim', time)}  ${show(seen)}\n`
  return advice === undefined ? found : `${found}${MARGIN}${paint('dim', '→')} ${show(advice)}\n`
}
