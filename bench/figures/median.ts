/**
 * The middle value, or the mean of the two in the middle.
 * @throws RangeError if there are no values.
 */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  if (upper === undefined || lower === undefined) throw new RangeError('there are no values')
  return (lower + upper) / 2
}
