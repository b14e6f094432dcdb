/** Milliseconds since 1970, digits beyond the millisecond kept as a fraction: for ordering, never for answers. */
export function epochMs(iso: string): number {
  const belowMillisecond = /\.\d{3}(\d+)/.exec(iso)?.[1]
  return Date.parse(iso) + (belowMillisecond ? Number(`0.${belowMillisecond}`) : 0)
}
