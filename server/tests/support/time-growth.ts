/**
 * The factor by which `run` takes longer for twice the input: about 2 if linear, 4 if quadratic. Averaged over two
 * doublings, to damp changes of V8's allocation; uses the shortest of many runs, to exclude other load on the machine.
 * @param prepare creates an input of a size; not timed
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
/** Short runs are repeated for at least this time, so that V8 compiles them. */
const WARM_MS = 20_000

/** The upper limit of `timeGrowth` for linear work. */
export const LINEAR_BELOW = 3
