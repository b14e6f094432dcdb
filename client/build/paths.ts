import { fileURLToPath } from 'node:url'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Where the build reads and writes. */
export const paths = {
  root: at('../../'),
  client: at('../'),
  dist: at('../dist/'),
  /** Declarations on their way to the rolled-up ones; gone when the build ends. */
  declarations: at('../dist/.declarations/'),
} as const
