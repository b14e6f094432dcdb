import { setFlagsFromString } from 'node:v8'

/**
 * Under load V8 infers that the objects of a call live long and allocates them in the old generation, where they hold
 * everything young until a full garbage collection. Without the flag a call costs 8 to 13 % more CPU on Node 24
 * (docs/decisions/049-v8-flags.md). Set here, so that every way to start has it.
 */
export const V8_FLAG = '--no-allocation-site-pretenuring'

setFlagsFromString(V8_FLAG)
