import { copyFile, link, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpoolEntry } from '../spool.ts'
import { getErrorCode } from './file-system.ts'
import { getOwnerPath, isOwnerAlive, parseOwnerFile } from './owner.ts'
import { parseSegmentFile, readLines, type SegmentName, toSegmentFile } from './segment.ts'

export interface TakenSegment {
  path: string
  bytes: number
  entries: SpoolEntry[]
  /** The path of a copy of the file, if some of it could not be read. */
  damage?: string
}

/**
 * Moves the segments of the oldest dead owner to `heir`, oldest first; without an heir, reads them in place. Skips the
 * paths in `held`. Undefined if there is nothing to take over.
 * @throws Error if nothing could be taken over because of errors.
 */
export async function takeOver(
  dir: string,
  heir: string | undefined,
  held: ReadonlySet<string>,
): Promise<TakenSegment[] | undefined> {
  const files = await readdir(dir)
  const segments = files
    .flatMap((file) => parseSegmentFile(file) ?? [])
    .filter((segment) => !held.has(join(dir, toSegmentFile(segment))))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
  const owners = new Set([
    ...segments.map(({ owner }) => owner),
    ...files.flatMap((file) => parseOwnerFile(file) ?? []),
  ])
  if (heir !== undefined) owners.delete(heir)
  const failures: unknown[] = []
  for (const owner of owners) {
    const own = segments.filter((segment) => segment.owner === owner)
    const taken = await takeAll(dir, owner, own, heir, failures)
    if (taken.length > 0) return taken
  }
  if (failures.length > 0) throw failures[0]
  return undefined
}

/**
 * Renames one segment at a time, so that each always belongs to one owner, even if the heir dies in between. If another
 * heir was faster for one segment, the rest is left to it. A segment that fails does not block the others.
 */
async function takeAll(
  dir: string,
  owner: string,
  segments: SegmentName[],
  heir: string | undefined,
  failures: unknown[],
) {
  const taken: TakenSegment[] = []
  const known = failures.length
  try {
    if (await isOwnerAlive(dir, owner)) return taken
    for (const segment of segments) {
      try {
        const one = await take(dir, segment, heir)
        if (!one) return taken
        taken.push(one)
      } catch (error) {
        failures.push(error)
      }
    }
    if (heir !== undefined && failures.length === known) await rm(getOwnerPath(dir, owner), { force: true })
  } catch (error) {
    failures.push(error)
  }
  return taken
}

async function take(dir: string, segment: SegmentName, heir: string | undefined): Promise<TakenSegment | undefined> {
  const from = join(dir, toSegmentFile(segment))
  const path = heir === undefined ? from : join(dir, toSegmentFile({ ...segment, owner: heir }))
  try {
    if (path !== from) await rename(from, path)
    return await read(path, join(dir, `${segment.id}.damaged`))
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return undefined
    if (path !== from) await rename(path, from)
    throw error
  }
}

async function read(path: string, aside: string): Promise<TakenSegment> {
  const content = await readFile(path)
  const { entries, damaged } = readLines(content)
  const taken = { path, bytes: content.length, entries }
  return damaged ? { ...taken, damage: await keepAside(path, aside) } : taken
}

/** A hard link if the file system supports it, else a copy. */
async function keepAside(path: string, aside: string): Promise<string> {
  try {
    await link(path, aside)
  } catch (error) {
    if (getErrorCode(error) !== 'EEXIST') await copyFile(path, aside)
  }
  return aside
}
