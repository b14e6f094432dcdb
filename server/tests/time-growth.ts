/**
 * How many times as long `run` takes for twice the input: about 2 where its work is linear, 4 where it is quadratic. Taken
 * over two doublings, so that a step at which the engine allocates in another way counts half; and from the shortest of many
 * runs, so that other load on the machine does not count.
 * @param prepare makes an input of a size; not timed
 */
export function timeGrowth<Input>(
  size: number,
  prepare: (size: number) => Input,
  run: (input: Input) => unknown,
): number {
  const inputs = [prepare(size), prepare(4 * size)]
  const shortest = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  let growth = Number.POSITIVE_INFINITY
  const begun = performance.now()
  for (let round = 0; round < MOST_ROUNDS || performance.now() - begun < WARM_MS; round++) {
    for (const [which, input] of inputs.entries()) {
      const startedAt = performance.now()
      run(input as Input)
      shortest[which] = Math.min(shortest[which] as number, performance.now() - startedAt)
    }
    growth = Math.sqrt((shortest[1] as number) / (shortest[0] as number))
    if (round >= LEAST_ROUNDS && growth < LINEAR_BELOW) break
  }
  return growth
}

const LEAST_ROUNDS = 4
const MOST_ROUNDS = 30
/** Short work is repeated for so long at least, until V8 has compiled it. */
const WARM_MS = 20_000

/** What `timeGrowth` stays below where work is linear. */
export const LINEAR_BELOW = 3
