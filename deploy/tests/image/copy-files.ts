import { copyFile, cp, lstat, mkdir, readdir } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'

/** A COPY: `sources` under `origin`, to `target`, where a folder's content is meant and not the folder itself. */
export interface CopyFiles {
  origin: string
  sources: readonly string[]
  /** Ends in `/` where it is a folder that takes single files. */
  target: string
  isIgnored: (path: string) => boolean
}

/**
 * Copies as a builder does.
 * @throws Error where a source is not there, or nothing of it is left by the .dockerignore.
 */
export async function copyFiles({ origin, sources, target, isIgnored }: CopyFiles): Promise<void> {
  for (const source of sources) {
    const path = join(origin, source)
    const isFolder = (await lstat(path)).isDirectory()
    const files = isFolder ? await filesIn(path) : [path]
    const wanted = files.filter((file) => !isIgnored(relative(origin, file)))
    if (wanted.length === 0) throw new Error(`COPY ${source}: nothing of it reaches the builder`)
    for (const file of wanted) {
      const intoFolder = sources.length > 1 || target.endsWith('/')
      await copyOne(
        file,
        isFolder ? join(target, relative(path, file)) : intoFolder ? join(target, basename(file)) : target,
      )
    }
  }
}

async function copyOne(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  if ((await lstat(from)).isSymbolicLink()) await cp(from, to, { verbatimSymlinks: true })
  else await copyFile(from, to)
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
}
