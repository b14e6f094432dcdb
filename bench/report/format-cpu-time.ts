/** A time of a processor, given in microseconds: `840 µs`, from a thousand on `8.6 ms`. The same in every locale. */
export function formatCpuTime(micros: number): string {
  const whole = Math.round(micros)
  return whole < 1000 ? `${whole} µs` : `${(whole / 1000).toFixed(1)} ms`
}
