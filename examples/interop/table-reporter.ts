import type { Reporter, TestCase, TestModule } from 'vitest/node'

const WORKS = { passed: 'yes', failed: 'no', skipped: 'skipped', pending: 'not run' } as const
const HEAD = ['tool', 'version', 'transport', 'works']

/** A reporter of Vitest that prints a table of the tested clients at the end. */
export default class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const rows = tests.flatMap(toRow).sort(([left = ''], [right = '']) => left.localeCompare(right))
    process.stdout.write(`\n${formatTable([HEAD, HEAD.map((name) => '-'.repeat(name.length)), ...rows])}\n`)
  }
}

function toRow(test: TestCase): string[][] {
  const { interop } = test.meta()
  if (!interop) return []
  return [[interop.tool, interop.version, interop.transport, WORKS[test.result().state]]]
}

function formatTable(rows: string[][]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`).join('')
}
