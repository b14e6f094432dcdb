import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { splitAtNul, streamGit } from './git.ts'
import type { Repository } from './repository.ts'

/** `time` is the author's, in ISO 8601 with the author's offset. */
interface PlannedCommit {
  sha: string
  time: string
}

/** The commits of one author on one day, ordered by time. */
export interface PlannedSession {
  key: string
  userId: string
  commits: [PlannedCommit, ...PlannedCommit[]]
}

export interface SessionPlan {
  sessions: PlannedSession[]
  commits: number
  /** Omitted commits, which have no valid date. */
  undated: number
}

const FIELDS = ['%H', '%aI', '%cI', '%ae', '%an'] as const

/** Keeps only ids and times in memory: dates are unordered, so no session is complete before the last commit. */
export async function planSessions({ folder, head }: Repository): Promise<SessionPlan> {
  const sessions = new Map<string, PlannedSession>()
  let commits = 0
  let undated = 0
  for await (const { sha, time, author } of readCommits(folder, head)) {
    if (time === undefined) {
      undated++
      continue
    }
    commits++
    const userId = readableId(author)
    const key = `${userId}:${time.slice(0, 'YYYY-MM-DD'.length)}`
    const session = sessions.get(key)
    if (session) session.commits.push({ sha, time })
    else sessions.set(key, { key, userId, commits: [{ sha, time }] })
  }
  for (const session of sessions.values()) session.commits.sort(byTime)
  const inOrder = [...sessions.values()].sort((a, b) => byTime(a.commits[0], b.commits[0]))
  return { sessions: inOrder, commits, undated }
}

async function* readCommits(folder: string, head: string) {
  const format = `--format=${FIELDS.join('%x00')}`
  const args = ['log', '--topo-order', '--reverse', '--no-patch', '--no-show-signature', '-z', format, head, '--']
  let fields: Buffer[] = []
  for await (const field of splitAtNul(streamGit(folder, args))) {
    fields.push(field)
    if (fields.length < FIELDS.length) continue
    const [sha, authored, committed, email, name] = fields.map(emptyWhereUnknown)
    yield { sha: String(sha), time: readTime(authored, committed), author: authorOf(email, name) }
    fields = []
  }
}

/** git prints a placeholder unchanged if the commit has no such value. */
const emptyWhereUnknown = (field: Buffer, index: number) =>
  field.equals(Buffer.from(FIELDS[index] ?? '')) ? EMPTY : field

const EMPTY: Buffer = Buffer.alloc(0)

const authorOf = (email: Buffer = EMPTY, name: Buffer = EMPTY) =>
  email.length > 0 ? email : name.length > 0 ? name : Buffer.from('unknown')

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/

function readTime(...dates: (Buffer | undefined)[]): string | undefined {
  const times = dates.map(String).filter((text) => TIME.test(text) && !Number.isNaN(Date.parse(text)))
  // git reads a date that is too large as 1970.
  return times.find((time) => Date.parse(time) !== 0) ?? times[0]
}

const byTime = (a: PlannedCommit, b: PlannedCommit) => Date.parse(a.time) - Date.parse(b.time)

const MAX_CHARACTERS = 200
const READABLE = new RegExp(`^[^\\u0000-\\u001f\\u007f-\\u009f]{1,${MAX_CHARACTERS}}$`, 'u')

/** The text if it is a valid id, else a hash of its bytes. */
export function readableId(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (isUtf8(bytes) && READABLE.test(text)) return text
  return `sha256-${createHash('sha256').update(bytes).digest('hex')}`
}
