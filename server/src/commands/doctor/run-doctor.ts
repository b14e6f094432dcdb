import { parseArgs } from 'node:util'
import { ConfigError, readConfig } from '../../config.ts'
import { EnvFileError, type Environment, readEnvFile } from '../../settings/read-env-file.ts'
import { version } from '../../version.ts'
import { examine } from './examine.ts'
import type { Verdict } from './finding.ts'
import { line } from './line.ts'
import { type Paint, printRow } from './print-row.ts'
import { redact } from './redact.ts'

const USAGE = `usage: npm run doctor [-- --env-file PATH]

Looks, with the settings of the gateway, whether Core is what the gateway needs and whether all else is in place. Nothing
in Core is changed. Exit 0: no fault; 1: a fault; 2: wrong use.`

/** Where the doctor writes, and whether in colour. */
export interface DoctorOutput {
  write(text: string): void
  writeError(text: string): void
  paint: Paint
  /** A file of settings that is read where `--env-file` names none; may be missing. */
  envFile?: string
}

/** Examines what the settings name and prints a row for each check; resolves to the exit code. */
export async function runDoctor(
  args: readonly string[],
  environment: Environment,
  { write, writeError, paint, envFile }: DoctorOutput,
): Promise<0 | 1 | 2> {
  let named: string | undefined
  try {
    named = parseArgs({ args: [...args], options: { 'env-file': { type: 'string' } } }).values['env-file']
  } catch (error) {
    writeError(`${(error as Error).message}\n\n${USAGE}\n`)
    return 2
  }
  try {
    readEnvFile(environment, { named, fallback: envFile })
    const config = readConfig(environment)
    const show = redact(config)
    const count: Record<Verdict, number> = { ok: 0, warning: 0, fault: 0, skipped: 0 }
    write(`Achilles MCP Gateway ${version}\n\n`)
    for await (const row of examine(config, (text) => writeError(`${show(line`${text}`)}\n`))) {
      count[row.verdict]++
      write(printRow(row, { paint, show }))
    }
    write(`\n${count.ok} ok, ${count.warning} to look at, ${count.fault} at fault, ${count.skipped} skipped\n`)
    return count.fault > 0 ? 1 : 0
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof EnvFileError)) throw error
    writeError(`${error.message}\n`)
    return 1
  }
}
