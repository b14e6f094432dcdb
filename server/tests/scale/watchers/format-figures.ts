import type { WatchersFigures } from './run-watchers.ts'

export function formatFigures({ wrong, insights, delivered, idle, pollsPerSecond }: WatchersFigures): string {
  const count = (value: number) => Math.round(value).toLocaleString('en')
  return [
    `${count(insights)} insights, ${count(delivered)} delivered, ${wrong.length} watchers with a missing or repeated one`,
    `an idle watcher: ${idle.cpuMicroseconds.toFixed(1)} µs of CPU time a second, ${count(idle.heapBytes)} bytes of heap, ` +
      `${count(idle.rssBytes)} bytes of RSS; ${pollsPerSecond.toFixed(1)} polls a second for all`,
  ].join('\n')
}
