import { access, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readSessionId, type SpooledEvent } from '../spool.ts'
import { getErrorCode, syncDir, syncFile } from './file-system.ts'

/** `id` contains the first owner, never changes and sorts by age; `owner` is the current one. */
export interface SegmentName {
  owner: string
  id: string
}

const PATTERN = /^([0-9a-f]{24})\.([0-9a-f]{24}-\d{8,})\.jsonl$/
const NEWLINE = 0x0a
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const toSegmentFile = ({ owner, id }: SegmentName) => `${owner}.${id}.jsonl`

export const toSegmentId = (owner: string, sequence: number) => `${owner}-${String(sequence).padStart(8, '0')}`

export function parseSegmentFile(file: string): SegmentName | undefined {
  const [, owner, id] = PATTERN.exec(file) ?? []
  return owner && id ? { owner, id } : undefined
}

/** A file of events; `kept` has the `toEventKey`s of those that are not removed. */
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

/** JSON preserves newlines and lone surrogates in ids and in `json`. */
export function writeLines(events: readonly SpooledEvent[]): Buffer {
  return Buffer.from(
    events.map(({ session_id, event_id, json }) => `${JSON.stringify({ session_id, event_id, json })}\n`).join(''),
  )
}

/** Skips damaged lines. A truncated last line is not damage: a crash during a write leaves one. */
export function readLines(content: Buffer): { events: SpooledEvent[]; damaged: boolean } {
  const events: SpooledEvent[] = []
  let damaged = false
  let start = 0
  while (start < content.length) {
    const newline = content.indexOf(NEWLINE, start)
    const end = newline < 0 ? content.length : newline
    const event = readLine(content.subarray(start, end))
    if (event) events.push(event)
    else if (newline >= 0) damaged = true
    start = end + 1
  }
  return { events, damaged }
}

function readLine(line: Buffer): SpooledEvent | undefined {
  try {
    const { session_id, event_id, json } = JSON.parse(UTF8.decode(line)) as Partial<Record<keyof SpooledEvent, unknown>>
    if (typeof event_id !== 'string' || typeof json !== 'string') return undefined
    return { session_id: typeof session_id === 'string' ? session_id : readSessionId(json), event_id, json }
  } catch {
    return undefined
  }
}
