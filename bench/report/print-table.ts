/** Formats a table for a terminal: first column left-aligned, others right-aligned. Ends with a newline. */
export function printTable(headers: string[], rows: string[][]): string {
  const lines = [headers, ...rows]
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const cell = (text: string, column: number) => {
    const width = widths[column] ?? 0
    return column === 0 ? text.padEnd(width) : text.padStart(width)
  }
  return lines.map((line) => `${line.map(cell).join('  ').trimEnd()}\n`).join('')
}
