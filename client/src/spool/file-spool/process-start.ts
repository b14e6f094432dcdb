import { readFile } from 'node:fs/promises'

/**
 * What tells a process from a later one of the same pid, also after a reboot; `ended` for a zombie. Undefined where the
 * system does not say: anywhere but on Linux.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ])
    // The second field, the name of the program in parentheses, may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, start] = [fields[0], fields[19]]
    return state === 'Z' || state === 'X' ? 'ended' : `${boot.trim()} ${start}`
  } catch {
    return undefined
  }
}
