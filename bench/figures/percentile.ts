/**
 * The percentile by nearest rank; NaN if there are no values.
 * @param share from 0 to 1, e.g. 0.99
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
