import { access, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from './error-code.ts'
import { type SegmentName, segmentFile } from './segment-name.ts'
import { syncDir, syncFile } from './sync.ts'

/** A file of events, and which of them are still to be kept, by `eventKey`. */
export interface Segment {
  readonly path: string
  bytes: number
  readonly kept: Set<string>
}

/** The one segment that is written to. */
export interface OpenSegment extends Segment {
  /**
   * Resolves once `lines` are on disk; with false when another, which took the owner for dead, has the file by now and
   * may have read it before `lines` were there.
   * @throws Error when they are not; then they are taken back, and no more may be appended, for the end may be torn.
   */
  append(lines: Buffer): Promise<boolean>
  close(): Promise<void>
}

/** Begins a segment. */
export async function openSegment(dir: string, name: SegmentName): Promise<OpenSegment> {
  const path = join(dir, segmentFile(name))
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
        // What the disk will not take back is given once more after a crash, which is safe.
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
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
