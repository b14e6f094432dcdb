import { posix } from 'node:path'

/** The part of a `vscode.Uri` that says where a file is. */
export interface Place {
  scheme: string
  path: string
}

/** Where a file on disk is within the folder, with `/` on every system; undefined for all else, and what is git's. */
export function pathInFolder(folder: Place, file: Place): string | undefined {
  if (file.scheme !== 'file') return undefined
  const path = posix.relative(folder.path, file.path)
  const [first] = path.split('/')
  return path === '' || first === '..' || first === '.git' ? undefined : path
}
