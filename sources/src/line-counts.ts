import { type Fields, toFields, toList, toText, toWhole } from './read-values.ts'

/** Lines that an edit added and removed. */
export interface LineCounts {
  lines_added: number
  lines_removed: number
}

const NEWLINE = 10

/** The number of lines of a text; a newline at the end begins no further one. */
export function countLines(text: string): number {
  if (text === '') return 0
  let lines = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return text.charCodeAt(text.length - 1) === NEWLINE ? lines - 1 : lines
}

/** Counts the lines of a replacement, without those that both texts begin or end with. */
export function countReplacement(before: string, after: string): LineCounts {
  const [removed, added] = [toLines(before), toLines(after)]
  const shorter = Math.min(removed.length, added.length)
  let start = 0
  while (start < shorter && removed[start] === added[start]) start++
  let end = 0
  while (end < shorter - start && removed[removed.length - 1 - end] === added[added.length - 1 - end]) end++
  return { lines_added: added.length - start - end, lines_removed: removed.length - start - end }
}

/** The sum of the replacements `{ old_string, new_string }` of an edit. */
export function countReplacements(edits: readonly Fields[]): LineCounts {
  const counts = edits.map((edit) => countReplacement(toWhole(edit.old_string), toWhole(edit.new_string)))
  return {
    lines_added: counts.reduce((sum, { lines_added }) => sum + lines_added, 0),
    lines_removed: counts.reduce((sum, { lines_removed }) => sum + lines_removed, 0),
  }
}

function toLines(text: string): string[] {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** Counts the lines of hunks `{ lines: [' a', '-b', '+c'] }`. Undefined if there is none. */
export function countHunks(hunks: unknown): LineCounts | undefined {
  const lines = toList(hunks).flatMap((hunk) => toList(toFields(hunk).lines))
  return lines.length === 0 ? undefined : countMarkedLines(lines)
}

function countMarkedLines(lines: readonly unknown[]): LineCounts {
  const counts = { lines_added: 0, lines_removed: 0 }
  for (const line of lines) {
    if (typeof line !== 'string') continue
    if (line.startsWith('+')) counts.lines_added++
    else if (line.startsWith('-')) counts.lines_removed++
  }
  return counts
}

export interface FileChange extends LineCounts {
  path: string
  operation: 'create' | 'update' | 'delete'
}

const FILE_HEADER = /^\*\*\* (Add|Update|Delete) File: (.{1,4096})$/
const MAX_FILES = 200

/** Reads a patch of Codex' `apply_patch`, of which the first 200 files are kept. */
export function readPatch(patch: string): FileChange[] {
  const changes: FileChange[] = []
  for (const line of patch.split('\n')) {
    const header = line.startsWith('*** ') ? FILE_HEADER.exec(line) : null
    const path = toText(header?.[2]?.trimEnd(), 4096)
    if (header && path) {
      if (changes.length === MAX_FILES) break
      const operation = header[1] === 'Add' ? 'create' : header[1] === 'Delete' ? 'delete' : 'update'
      changes.push({ path, operation, lines_added: 0, lines_removed: 0 })
      continue
    }
    const change = changes.at(-1)
    if (line.startsWith('+') && change) change.lines_added++
    else if (line.startsWith('-') && change) change.lines_removed++
  }
  return changes
}
