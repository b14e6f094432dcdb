/** The part of a change of text that is counted. */
export interface TextChange {
  range: { start: { line: number }; end: { line: number } }
  text: string
}

/** How many lines came and went. */
export interface LineCounts {
  lines_added: number
  lines_removed: number
}

/** Counts the line breaks that changes put in and take out: all that is looked at of what was written. */
export function linesChanged(changes: readonly TextChange[]): LineCounts {
  let lines_added = 0
  let lines_removed = 0
  for (const { range, text } of changes) {
    lines_added += text.split('\n').length - 1
    lines_removed += range.end.line - range.start.line
  }
  return { lines_added, lines_removed }
}
