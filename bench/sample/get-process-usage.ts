import { readFileSync } from 'node:fs'

export interface ProcessUsage {
  cpuSeconds: number
  rssBytes: number
}

/** The kernel's `USER_HZ`, the unit of times in `/proc`; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
/** The indexes of the fields after the process name. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const [UTIME, STIME] = [11, 12]

export function getProcessUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [, rssKiB = 0] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  const own = {
    cpuSeconds: (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND,
    rssBytes: Number(rssKiB) * 1024,
  }
  return getChildren(pid)
    .map(getProcessUsage)
    .reduce(
      (sum, child) => ({
        cpuSeconds: sum.cpuSeconds + child.cpuSeconds,
        rssBytes: sum.rssBytes + child.rssBytes,
      }),
      own,
    )
}

const getChildren = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
