import { epochMs } from './epoch-ms.ts'
import { unprocessable } from './read-request.ts'

type Time = readonly [field: string, time: string]

/** @throws BadRequest 422 with the path of the later field, if its time is before the earlier one. */
export function requireOrder([earlier, from]: Time, [later, to]: Time): void {
  if (epochMs(to) < epochMs(from)) throw unprocessable(later, `must not be before ${earlier}, which is ${from}`)
}
