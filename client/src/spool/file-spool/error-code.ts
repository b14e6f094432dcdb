/** The system's code of an error, e.g. `ENOENT`. */
export const errorCode = (error: unknown) =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
