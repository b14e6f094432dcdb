import { copyFile, link, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpooledEvent } from '../spool.ts'
import { getErrorCode } from './file-system.ts'
import { getOwnerPath, isOwnerAlive, parseOwnerFile } from './owner.ts'
import { parseSegmentFile, readLines, type SegmentName, toSegmentFile } from './segment.ts'

/** A segment that was taken over, and what could be read of it. */
export interface TakenSegment {
  path: string
  bytes: number
  events: SpooledEvent[]
  /** Where the whole of it is kept aside when some of it could not be read. */
  damage?: string
}

/**
 * Makes the segments of the oldest dead owner `heir`'s, oldest first; without an heir they are read where they are.
 * Undefined when there is none. Those at the paths `held` are left out.
 * @throws Error when all that is left cannot be taken.
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
 * One rename at a time, so that an heir who dies half-way leaves each segment either with the dead owner or with another
 * dead owner, itself. One who comes too late for a segment leaves the rest to who was quicker. One that cannot be taken
 * hides no other; whoever comes again meets it again.
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
  const { events, damaged } = readLines(content)
  const taken = { path, bytes: content.length, events }
  return damaged ? { ...taken, damage: await keepAside(path, aside) } : taken
}

/** A second name of the file, where the file system has such; else a copy. */
async function keepAside(path: string, aside: string): Promise<string> {
  try {
    await link(path, aside)
  } catch (error) {
    if (getErrorCode(error) !== 'EEXIST') await copyFile(path, aside)
  }
  return aside
}
