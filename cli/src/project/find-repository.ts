import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** The working copy that a folder belongs to. */
export interface Repository {
  /**
   * The folder of the repository: for a linked worktree that of the main one, so that all worktrees are one project; for a
   * submodule its own.
   */
  root: string
  /** The folder checked out, which for a linked worktree is not `root`. */
  workTree: string
  /** Where the repository's own files and hooks are. */
  gitDir: string
}

/** Looks for `.git` in the folder and its parents, also if the folder itself is gone. */
export function findRepository(folder: string): Repository | undefined {
  for (let workTree = resolve(folder); ; workTree = dirname(workTree)) {
    const gitDir = readGitDir(workTree)
    if (gitDir) {
      const commonDir = readCommonDir(gitDir)
      const isLinked = commonDir !== gitDir && basename(commonDir) === '.git'
      return { root: isLinked ? dirname(commonDir) : workTree, workTree, gitDir: commonDir }
    }
    if (dirname(workTree) === workTree) return undefined
  }
}

/** `.git` is a folder, or for worktrees and submodules a file that names one. */
function readGitDir(workTree: string): string | undefined {
  const path = join(workTree, '.git')
  try {
    if (statSync(path).isDirectory()) return path
    const [, target] = /^gitdir: (.+?)\s*$/.exec(readFileSync(path, 'utf8')) ?? []
    return target === undefined ? undefined : resolve(workTree, target)
  } catch {
    return undefined
  }
}

/** The repository of a linked worktree; other repositories have no such file. */
function readCommonDir(gitDir: string): string {
  try {
    return resolve(gitDir, readFileSync(join(gitDir, 'commondir'), 'utf8').trim())
  } catch {
    return gitDir
  }
}
