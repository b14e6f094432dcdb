import { access, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type EntryKind, type SpoolEntry, toFormerEntry } from '../spool.ts'
import { getErrorCode, syncDir, syncFile } from './file-system.ts'

/** `id` contains the first owner, never changes and sorts by age; `owner` is the current one. */
export interface SegmentName {
  owner: string
  id: string
  /** `jsonl` for what version 0.1.0 wrote. It takes no other files, since it would put them aside as damaged. */
  extension: 'entries.jsonl' | 'jsonl'
}

const PATTERN = /^([0-9a-f]{24})\.([0-9a-f]{24}-\d{8,})\.((?:entries\.)?jsonl)$/
const NEWLINE = 0x0a
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const toSegmentFile = ({ owner, id, extension }: SegmentName) => `${owner}.${id}.${extension}`

export const toSegmentId = (owner: string, sequence: number) => `${owner}-${String(sequence).padStart(8, '0')}`

export function parseSegmentFile(file: string): SegmentName | undefined {
  const [, owner, id, extension] = PATTERN.exec(file) ?? []
  return owner && id ? { owner, id, extension: extension as SegmentName['extension'] } : undefined
}

/** A file of entries; `kept` has the `toEntryKey`s of those that are not removed. */
export interface Segment {
  readonly path: string
  bytes: number
  readonly kept: Set<string>
}

export interface OpenSegment extends Segment {
  /**
   * Resolves once `lines` are on disk; to false if another owner took the file over, perhaps before they were written.
   * @throws Error after removing `lines` again; do not append more, since the end may be torn.
   */
  append(lines: Buffer): Promise<boolean>
  close(): Promise<void>
}

export async function openSegment(dir: string, name: SegmentName): Promise<OpenSegment> {
  const path = join(dir, toSegmentFile(name))
  const file = await open(path, 'wx', 0o600)
  try {
    await syncDir(dir)
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
  const segment: OpenSegment = {
    path,
    bytes: 0,
    kept: new Set(),
    async append(lines) {
      try {
        await file.appendFile(lines)
        await syncFile(file)
        const isInPlace = await exists(path)
        segment.bytes += lines.length
        return isInPlace
      } catch (error) {
        // If this fails too, the events are sent again after a crash, which is safe.
        await file.truncate(segment.bytes).catch(() => {})
        throw error
      }
    },
    close: () => file.close(),
  }
  return segment
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return false
    throw error
  }
}

const ENTRY = ',"entry":'

/** The entry is the last field and not encoded again, so that its exact text can be cut out of the line. */
export function writeLines(entries: readonly SpoolEntry[]): Buffer {
  return Buffer.from(
    entries
      .map(({ session, id, kind, json }) => `${JSON.stringify({ session, id, kind }).slice(0, -1)}${ENTRY}${json}}\n`)
      .join(''),
  )
}

/** Skips damaged lines. A truncated last line is not damage: a crash during a write leaves one. */
export function readLines(content: Buffer): { entries: SpoolEntry[]; damaged: boolean } {
  const entries: SpoolEntry[] = []
  let damaged = false
  let start = 0
  while (start < content.length) {
    const newline = content.indexOf(NEWLINE, start)
    const end = newline < 0 ? content.length : newline
    const entry = readLine(content.subarray(start, end))
    if (entry) entries.push(entry)
    else if (newline >= 0) damaged = true
    start = end + 1
  }
  return { entries, damaged }
}

function readLine(line: Buffer): SpoolEntry | undefined {
  try {
    const text = UTF8.decode(line)
    const fields = JSON.parse(text) as Record<string, unknown>
    const { session, id, kind, entry } = fields
    if (typeof id !== 'string') return toFormerEntry(fields)
    if (typeof session !== 'string' || typeof kind !== 'string' || entry === undefined) return undefined
    // The first occurrence: within a JSON string its quotes would be escaped.
    const json = text.slice(text.indexOf(ENTRY) + ENTRY.length, -1)
    return { session, id, kind: kind as EntryKind, json }
  } catch {
    return undefined
  }
}
