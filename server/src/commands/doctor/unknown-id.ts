import { randomUUID } from 'node:crypto'

/** An id that nobody has. */
export const unknownId = (): string => `doctor-${randomUUID()}`
