import { rm } from 'node:fs/promises'
import { toEventKey } from '../spool.ts'
import { createOwner, type Owner } from './owner.ts'
import { type OpenSegment, openSegment, type Segment, toSegmentId } from './segment.ts'
import { type TakenSegment, takeOver } from './take-over.ts'

/** The segments of one owner. Its operations must not run concurrently. */
export class SegmentLog {
  readonly #dir: string
  readonly #segmentBytes: number
  readonly #segments = new Set<Segment>()
  #owner: Owner | undefined
  #current: OpenSegment | undefined
  #begun = 0

  constructor(dir: string, segmentBytes: number) {
    this.#dir = dir
    this.#segmentBytes = segmentBytes
  }

  get bytes(): number {
    let bytes = 0
    for (const segment of this.#segments) bytes += segment.bytes
    return bytes
  }

  /** Resolves once `lines`, the events of `keys`, are on disk. */
  async append(lines: Buffer, keys: readonly string[]): Promise<void> {
    let segment = await this.#write(lines)
    if (!segment) {
      await this.#renounce()
      segment = await this.#write(lines)
    }
    if (!segment) throw new Error('another process takes its files away')
    for (const key of keys) segment.kept.add(key)
  }

  /** Deletes segments without remaining events. Each call retries deletions that failed before. */
  async remove(keys: readonly string[]): Promise<void> {
    const failures: unknown[] = []
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
    for (const { path, bytes, events } of taken ?? []) {
      this.#segments.add({ path, bytes, kept: new Set(events.map(toEventKey)) })
    }
    return taken
  }

  /** Leaves the remaining events to other owners. */
  async close(): Promise<void> {
    try {
      await this.remove([])
    } finally {
      await this.#renounce()
    }
  }

  /** Undefined if another owner took the segment over. */
  async #write(lines: Buffer): Promise<OpenSegment | undefined> {
    if (this.#current && this.#current.bytes >= this.#segmentBytes) await this.#roll()
    const segment = this.#current ?? (await this.#begin())
    try {
      return (await segment.append(lines)) ? segment : undefined
    } catch (error) {
      await this.#roll().catch(() => {})
      if (segment.kept.size === 0) await this.#drop(segment).catch(() => {})
      throw error
    }
  }

  async #begin(): Promise<OpenSegment> {
    const { id } = await this.#livingOwner()
    const segment = await openSegment(this.#dir, { owner: id, id: toSegmentId(id, ++this.#begun) })
    this.#segments.add(segment)
    this.#current = segment
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
