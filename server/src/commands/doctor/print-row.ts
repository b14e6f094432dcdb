import type { styleText } from 'node:util'
import type { Row } from './examine.ts'
import type { Verdict } from './finding.ts'
import type { Line } from './line.ts'

/** Sets text in a colour, or leaves it plain. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

/** How a row is written. */
interface RowStyle {
  paint: Paint
  /** Makes a line fit to be shown. */
  show: (line: Line) => string
}

const COLOURS = { ok: 'green', warning: 'yellow', fault: 'red', skipped: 'gray' } as const satisfies Record<
  Verdict,
  string
>

const NAME_WIDTH = 15
const TIME_WIDTH = 8
const MARGIN = ' '.repeat('warning'.length + NAME_WIDTH + TIME_WIDTH + 4)

/** A row of the table: verdict, check, time, what was seen, and below it what to do. */
export function printRow({ verdict, check, ms, seen, advice }: Row, { paint, show }: RowStyle): string {
  const mark = paint(COLOURS[verdict], verdict.padEnd('warning'.length))
  const time = (ms === undefined ? '' : `${Math.round(ms)} ms`).padStart(TIME_WIDTH)
  const found = `${mark}  ${check.padEnd(NAME_WIDTH)}${paint('dim', time)}  ${show(seen)}\n`
  return advice === undefined ? found : `${found}${MARGIN}${paint('dim', '→')} ${show(advice)}\n`
}
