import { rm } from 'node:fs/promises'
import { type SpoolEntry, toEntryKey } from '../spool.ts'
import { createOwner, type Owner } from './owner.ts'
import { type OpenSegment, openSegment, type Segment, toSegmentId, writeLines } from './segment.ts'
import { type TakenSegment, takeOver } from './take-over.ts'

/** The segments of one owner. Its operations must not run concurrently. */
export class SegmentLog {
  readonly #dir: string
  readonly #segmentBytes: number
  readonly #segments = new Set<Segment>()
  #owner: Owner | undefined
  #current: OpenSegment | undefined
  #begun = 0
  /** By `toEntryKey`. */
  readonly #openings = new Map<string, SpoolEntry>()
  /** The keys of the openings that were copied to the current segment, and the size of these copies. */
  readonly #copied = new Set<string>()
  #copiedBytes = 0

  constructor(dir: string, segmentBytes: number) {
    this.#dir = dir
    this.#segmentBytes = segmentBytes
  }

  get bytes(): number {
    let bytes = 0
    for (const segment of this.#segments) bytes += segment.bytes
    return bytes
  }

  /** Resolves once `lines`, which are those of `entries`, are on disk. */
  async append(lines: Buffer, entries: readonly SpoolEntry[]): Promise<void> {
    let segment = await this.#write(lines, entries)
    if (!segment) {
      await this.#renounce()
      segment = await this.#write(lines, entries)
    }
    if (!segment) throw new Error('another process takes its files away')
    for (const entry of entries) this.#keep(entry, segment)
  }

  /** Deletes segments without remaining entries. Each call retries deletions that failed before. */
  async remove(keys: readonly string[]): Promise<void> {
    const failures: unknown[] = []
    for (const key of keys) this.#openings.delete(key)
    for (const segment of this.#segments) {
      for (const key of keys) segment.kept.delete(key)
      if (segment.kept.size === 0) await this.#drop(segment).catch((error) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }

  /**
   * Takes over the segments of one dead owner; undefined if there is none. Reads them in place if the directory is not
   * writable: on a full disk, only their removal frees space.
   * @throws Error why the directory is not writable, once everything is read.
   */
  async takeOver(): Promise<TakenSegment[] | undefined> {
    const held = new Set([...this.#segments].map(({ path }) => path))
    const owner = await this.#livingOwner().catch((error: unknown) => ({ id: undefined, error }))
    const taken = await takeOver(this.#dir, owner.id, held).catch((error: unknown) => {
      throw 'error' in owner ? owner.error : error
    })
    if (!taken && 'error' in owner) throw owner.error
    for (const { path, bytes, entries } of taken ?? []) {
      const segment: Segment = { path, bytes, kept: new Set() }
      this.#segments.add(segment)
      for (const entry of entries) this.#keep(entry, segment)
    }
    return taken
  }

  /** Leaves the remaining entries to other owners. */
  async close(): Promise<void> {
    try {
      await this.remove([])
    } finally {
      await this.#renounce()
    }
  }

  #keep(entry: SpoolEntry, segment: Segment): void {
    const key = toEntryKey(entry)
    // Copies do not keep the segments that they are in.
    if (this.#openings.has(key)) return
    segment.kept.add(key)
    if (entry.kind === 'opening') this.#openings.set(key, entry)
  }

  /** Undefined if another owner took the segment over. */
  async #write(lines: Buffer, entries: readonly SpoolEntry[]): Promise<OpenSegment | undefined> {
    // Without the copies: an opening larger than a segment would be copied for each append.
    if (this.#current && this.#current.bytes - this.#copiedBytes >= this.#segmentBytes) await this.#roll()
    const segment = this.#current ?? (await this.#begin())
    const copies = this.#copyOpenings(entries, segment)
    try {
      return (await segment.append(Buffer.concat([copies, lines]))) ? segment : undefined
    } catch (error) {
      await this.#roll().catch(() => {})
      if (segment.kept.size === 0) await this.#drop(segment).catch(() => {})
      throw error
    }
  }

  /**
   * The lines of the openings of these entries that the current segment lacks: another process may take over only some
   * of the segments. Not those of other sessions: they would be recovered from it even after they are removed.
   */
  #copyOpenings(entries: readonly SpoolEntry[], current: Segment): Buffer {
    const sessions = new Set(entries.map(({ session }) => session))
    const missing = [...this.#openings].filter(
      ([key, { session }]) => sessions.has(session) && !current.kept.has(key) && !this.#copied.has(key),
    )
    const copies = writeLines(missing.map(([, opening]) => opening))
    for (const [key] of missing) this.#copied.add(key)
    this.#copiedBytes += copies.length
    return copies
  }

  async #begin(): Promise<OpenSegment> {
    const { id } = await this.#livingOwner()
    const segment = await openSegment(this.#dir, {
      owner: id,
      id: toSegmentId(id, ++this.#begun),
      extension: 'entries.jsonl',
    })
    this.#segments.add(segment)
    this.#current = segment
    this.#copied.clear()
    this.#copiedBytes = 0
    return segment
  }

  async #roll(): Promise<void> {
    const segment = this.#current
    this.#current = undefined
    await segment?.close()
  }

  async #drop(segment: Segment): Promise<void> {
    if (segment === this.#current) await this.#roll()
    await rm(segment.path, { force: true })
    this.#segments.delete(segment)
  }

  async #livingOwner(): Promise<Owner> {
    if (this.#owner && !(await this.#owner.touch())) await this.#renounce()
    this.#owner ??= await createOwner(this.#dir)
    return this.#owner
  }

  async #renounce(): Promise<void> {
    const owner = this.#owner
    this.#owner = undefined
    await this.#roll()
    await owner?.release()
  }
}
