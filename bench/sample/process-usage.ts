import { readFileSync } from 'node:fs'

/** What a process and all below it have used. */
export interface ProcessUsage {
  /** Time on a processor, in the process and in the kernel for it, in seconds. */
  cpuSeconds: number
  /** Resident memory, in bytes. */
  rssBytes: number
}

/** The kernel's `USER_HZ`, in which `/proc` counts time; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
/** Where the fields lie after the name's closing bracket. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const [UTIME, STIME] = [11, 12]

/** Reads from `/proc` what the process `pid` and its descendants have used. */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [, rssKiB = 0] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  const own = {
    cpuSeconds: (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND,
    rssBytes: Number(rssKiB) * 1024,
  }
  return childrenOf(pid)
    .map(processUsage)
    .reduce(
      (sum, child) => ({
        cpuSeconds: sum.cpuSeconds + child.cpuSeconds,
        rssBytes: sum.rssBytes + child.rssBytes,
      }),
      own,
    )
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
