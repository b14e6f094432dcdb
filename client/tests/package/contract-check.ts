import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as contract from '@achilles/mcp-contract'
import { z } from 'zod'
import { paths } from '../../build/paths.ts'

/** Writes a project that compiles only where each type of the contract is the same in the declarations as at home. */
export async function contractCheck(packageDir: string): Promise<string> {
  const schemas = Object.entries(contract).filter(([, exported]) => exported instanceof z.ZodType)
  const names = [...schemas.map(([name]) => name), 'Json', 'JsonObject']
  // Below client/, where the contract can be found.
  const dir = join(paths.dist, '.contract-check')
  await mkdir(dir, { recursive: true })
  const lines = [
    `import type * as contract from '@achilles/mcp-contract'`,
    `import type * as published from '${packageDir}/index.d.ts'`,
    `import type { Equal } from '../../tests/types/equal.ts'`,
    ...names.map((name) => `true satisfies Equal<published.${name}, contract.${name}>`),
  ]
  await writeFile(join(dir, 'check.ts'), lines.join('\n'))
  const settings = { extends: '../../../tsconfig.json', include: ['check.ts'], exclude: [] }
  await writeFile(join(dir, 'tsconfig.json'), JSON.stringify(settings))
  return dir
}
