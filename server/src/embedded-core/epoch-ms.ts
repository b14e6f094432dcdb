/** Milliseconds since 1970, digits beyond the millisecond kept as a fraction: for ordering, never for answers. */
export function epochMs(time: string): number {
  // A double holds no more of them.
  const belowMillisecond = /\.\d{3}(\d{1,17})/.exec(time)?.[1]
  // JavaScript promises to read capitals alone.
  return Date.parse(time.toUpperCase()) + (belowMillisecond ? Number(`0.${belowMillisecond}`) : 0)
}
