import { type Folders, toLockFile } from '../state/folders.ts'
import { readLock } from '../state/sender-lock.ts'

/**
 * Starts a sender in the background where none runs. It holds none of this process' streams, and is in none of its process
 * groups, so that it outlives it.
 * @returns whether one was started
 */
export function startSender(folders: Folders, senderFile: string, env: Readonly<Record<string, string | undefined>>) {
  if (readLock(toLockFile(folders))) return false
  // Loaded only now: it takes a large part of a hook's time.
  const { spawn } = process.getBuiltinModule('node:child_process')
  const child = spawn(process.execPath, [senderFile], {
    cwd: folders.state,
    env: withoutGit(env),
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
  })
  child.on('error', () => {})
  child.unref()
  return true
}

/** The variables that git sets for its hooks would make the sender's own git commands read another repository. */
const withoutGit = (env: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_') && name !== 'NODE_OPTIONS'))
