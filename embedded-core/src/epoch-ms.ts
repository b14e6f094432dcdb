/** Milliseconds since 1970, with digits beyond the millisecond as a fraction: for ordering, never for responses. */
export function epochMs(time: string): number {
  // More digits than these do not change the double.
  const belowMillisecond = /\.\d{3}(\d{1,17})/.exec(time)?.[1]
  // `Date.parse` is only specified for upper-case `T` and `Z`.
  return Date.parse(time.toUpperCase()) + (belowMillisecond ? Number(`0.${belowMillisecond}`) : 0)
}
