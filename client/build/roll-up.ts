import { writeFileSync } from 'node:fs'
import { generateDtsBundle } from 'dts-bundle-generator'
import { paths } from './paths.ts'

/** Writes all that the declarations in `entry` need into the one file `rolled`, docstrings included. */
export function rollUp(entry: string, rolled: string): void {
  const [declarations = ''] = generateDtsBundle(
    [{ filePath: entry, output: { noBanner: true, exportReferencedTypes: false } }],
    { preferredConfigPath: `${paths.client}tsconfig.rollup.json` },
  )
  writeFileSync(rolled, declarations)
}
