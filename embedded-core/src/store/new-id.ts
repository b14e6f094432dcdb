import { randomBytes } from 'node:crypto'

/** A random id that is safe in a path, e.g. `ses_1f0a…`. */
export const newId = (prefix: string) => `${prefix}_${randomBytes(12).toString('hex')}`
