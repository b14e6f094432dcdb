import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** Whether the kernel reports and can reset the peak memory of a process. */
export function canMeasure(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/status`)) return false
  try {
    forgetPeak(pid)
    return true
  } catch {
    return false
  }
}

/** The peak of a process's resident memory above its value before, in bytes. */
export async function growthWhile(pid: number, work: () => Promise<unknown>): Promise<number> {
  forgetPeak(pid)
  const before = statusOf(pid, 'VmRSS')
  await work()
  return statusOf(pid, 'VmHWM') - before
}

// 5: see proc(5), clear_refs.
const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, '5')

const statusOf = (pid: number, field: string) =>
  1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
