import { readFileSync } from 'node:fs'

/** Identifies a process also after its pid was given to another one. */
export interface ProcessIdentity {
  pid: number
  /** Boot and start time on Linux; null elsewhere. */
  started: string | null
}

export const getIdentity = (pid: number): ProcessIdentity => ({ pid, started: getStart(pid) ?? null })

/** On systems other than Linux a process that got the same pid counts as alive. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const start = getStart(pid)
  return start === undefined || started === null ? start !== 'ended' : start === started
}

/** `ended` for a zombie. Undefined except on Linux. */
function getStart(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field, the program's name in parentheses, may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, start] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X') return 'ended'
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${start}`
  } catch {
    return undefined
  }
}
