import { createHash } from 'node:crypto'

/** The id of a commit's event, or of one of its files': a UUID made of nothing but what it stands for. */
export function eventId(workspaceId: string, sha: string, path?: Buffer): string {
  const hash = createHash('sha256').update(`${workspaceId}\0${sha}`)
  if (path) hash.update('\0').update(path)
  const hex = hash.digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
