import { measureChangedLines, measureMisses } from './measure.ts'

const SEED = 20_261_128
const SECRETS = 5_000

const print = (line: string) => process.stdout.write(`${line}\n`)
const toPercent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`

const kinds = measureMisses(SEED, SECRETS)
print(`${'kind'.padEnd(28)}  secrets   missed`)
for (const { name, secrets, missed } of kinds) {
  print(`${name.padEnd(28)}  ${String(secrets).padStart(7)}  ${toPercent(missed, secrets).padStart(7)}`)
}
const missed = kinds.reduce((sum, kind) => sum + kind.missed, 0)
print(`${'all'.padEnd(28)}  ${String(SECRETS).padStart(7)}  ${toPercent(missed, SECRETS).padStart(7)}`)

const { lines, changed, rules } = measureChangedLines()
const byRule = [...rules].sort(([, one], [, other]) => other - one).map(([rule, count]) => `${rule} ${count}`)
print(`\nthis repository, which holds no secrets but examples: ${changed} of ${lines} lines changed`)
print(`(${toPercent(changed, lines)}): ${byRule.join(', ')}`)
