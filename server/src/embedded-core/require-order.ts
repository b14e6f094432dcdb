import { epochMs } from './epoch-ms.ts'
import { unprocessable } from './read-request.ts'

type Time = readonly [field: string, time: string]

/** @throws BadRequest 422 that names the later field when its time is before that of the earlier one. */
export function requireOrder([earlier, from]: Time, [later, to]: Time): void {
  if (epochMs(to) < epochMs(from)) throw unprocessable(later, `must not be before ${earlier}, which is ${from}`)
}
