import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateDtsBundle } from 'dts-bundle-generator'
import { contractTypes } from './contract-types.ts'
import { paths } from './paths.ts'

const TSC = fileURLToPath(new URL('./bin/tsc', import.meta.resolve('typescript-7/package.json')))

// The declarations of @trpc/client, which ours import, name `AsyncDisposable` without saying where it is declared.
const LIBRARY = '/// <reference lib="esnext.disposable" />\n\n'

/**
 * Writes the declarations of both entries, each in one file. A module of either kind finds its own: they say the same,
 * but what they import resolves as it does for the JavaScript beside them.
 */
export function declare(): void {
  execFileSync(process.execPath, [TSC, '-p', 'tsconfig.build.json'], { cwd: paths.client, stdio: 'inherit' })
  writeFileSync(`${paths.declarations}contract.d.ts`, contractTypes())
  const entries = ['index', 'node']
  const bundles = generateDtsBundle(
    entries.map((entry) => ({
      filePath: `${paths.declarations}client/src/${entry}.d.ts`,
      output: { noBanner: true, exportReferencedTypes: false },
    })),
    { preferredConfigPath: `${paths.client}tsconfig.rollup.json` },
  )
  for (const [index, entry] of entries.entries()) {
    writeFileSync(`${paths.dist}${entry}.d.ts`, bundles[index] ?? '')
    copyFileSync(`${paths.dist}${entry}.d.ts`, `${paths.dist}${entry}.d.cts`)
  }
  for (const file of [`${paths.dist}index.d.ts`, `${paths.dist}index.d.cts`]) {
    writeFileSync(file, LIBRARY + readFileSync(file, 'utf8'))
  }
  rmSync(paths.declarations, { recursive: true })
}
