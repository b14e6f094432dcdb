/** Formats microseconds: `840 µs`, from 1000 on as `8.6 ms`. Independent of the locale. */
export function formatCpuTime(micros: number): string {
  const whole = Math.round(micros)
  return whole < 1000 ? `${whole} µs` : `${(whole / 1000).toFixed(1)} ms`
}
