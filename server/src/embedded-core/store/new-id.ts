import { randomBytes } from 'node:crypto'

/** A new random id, e.g. `ses_1f0a…`; fit to stand in a path. */
export const newId = (prefix: string) => `${prefix}_${randomBytes(12).toString('hex')}`
