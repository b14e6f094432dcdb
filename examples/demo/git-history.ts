import { splitAtNul, streamGit } from './git.ts'
import type { Repository } from './repository.ts'

/** `lines` is undefined for a binary file. */
export interface FileEdit {
  kind: 'file'
  sha: string
  path: Buffer
  lines: { added: number; removed: number } | undefined
}

/** Yielded after all of its files. */
export interface Commit {
  kind: 'commit'
  sha: string
  parents: number
  subject: string
}

const FORMAT = '--format=%H%x00%P%x00%s'
const ARGS = ['diff-tree', '--stdin', '--always', '--root', '-r', '--no-renames', '--numstat', '-z', '--encoding=UTF-8']

/** Streams commits in the order of `shas`, each after the files that it changed; a merge has none. */
export async function* readHistory(
  { folder, boundary }: Repository,
  shas: Iterable<string>,
): AsyncGenerator<FileEdit | Commit> {
  const fields = splitAtNul(streamGit(folder, [...ARGS, FORMAT], linesOf(shas)))
  let commit: Commit | undefined
  for await (const field of fields) {
    const edit = readEdit(field)
    if (!edit) {
      if (commit) yield commit
      const { value: parents = '' } = await fields.next()
      const { value: subject = '' } = await fields.next()
      commit = {
        kind: 'commit',
        sha: String(field),
        parents: String(parents).split(' ').filter(Boolean).length,
        subject: String(subject),
      }
    } else if (commit && !boundary.has(commit.sha)) {
      yield { kind: 'file', sha: commit.sha, ...edit }
    }
  }
  if (commit) yield commit
}

function* linesOf(shas: Iterable<string>) {
  for (const sha of shas) yield `${sha}\n`
}

const TAB = 0x09

/** Parses `12<tab>3<tab>path`. A field without tabs is the id of the next commit. */
function readEdit(field: Buffer) {
  const first = field.indexOf(TAB)
  const second = field.indexOf(TAB, first + 1)
  if (first === -1) return undefined
  const added = Number(field.toString('latin1', 0, first))
  const removed = Number(field.toString('latin1', first + 1, second))
  return { path: field.subarray(second + 1), lines: Number.isNaN(added) ? undefined : { added, removed } }
}
