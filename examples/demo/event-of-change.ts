import { createHash } from 'node:crypto'
import type { NewEvent } from '@achilles/mcp-client'
import type { Commit, FileEdit } from './git-history.ts'

export interface Occasion {
  workspace_id: string
  user_id: string
  timestamp: string
}

const MAX_SUBJECT_CHARACTERS = 500

export function eventOfChange(change: FileEdit | Commit, occasion: Occasion): NewEvent {
  const { sha } = change
  if (change.kind === 'file') {
    const { path, lines } = change
    return {
      event_id: eventId(occasion.workspace_id, sha, path),
      event_type: 'file_edited',
      source_type: 'cli',
      ...occasion,
      file_path: path.toString('utf8'),
      payload: { ...(lines && { lines_added: lines.added, lines_removed: lines.removed }), commit: sha },
    }
  }
  return {
    event_id: eventId(occasion.workspace_id, sha),
    event_type: 'git_operation',
    source_type: 'cli',
    ...occasion,
    payload: { operation: operationOf(change), commit: sha, subject: shorten(change.subject) },
  }
}

function operationOf({ parents, subject }: Commit): 'commit' | 'merge' | 'revert' | 'fixup' {
  if (parents > 1) return 'merge'
  if (/^(fixup|squash|amend)! /.test(subject)) return 'fixup'
  return subject.startsWith('Revert "') ? 'revert' : 'commit'
}

function shorten(text: string): string {
  if (text.length <= MAX_SUBJECT_CHARACTERS) return text
  // By code points, so that no surrogate pair is split.
  return `${[...text.slice(0, 2 * MAX_SUBJECT_CHARACTERS)].slice(0, MAX_SUBJECT_CHARACTERS).join('')}…`
}

/** A UUID derived from the change, so that a repeated replay sends the same ids. */
function eventId(workspaceId: string, sha: string, path?: Buffer): string {
  const hash = createHash('sha256').update(`${workspaceId}\0${sha}`)
  if (path) hash.update('\0').update(path)
  const hex = hash.digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
