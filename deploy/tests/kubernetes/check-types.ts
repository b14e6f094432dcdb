import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from './manifests.ts'

const MODULES = new URL('../../../node_modules', import.meta.url).pathname
const OPTIONS = {
  compilerOptions: { module: 'NodeNext', strict: true, skipLibCheck: true, noEmit: true, types: [] },
  files: ['manifests.ts'],
}

/**
 * Type-checks manifests against Kubernetes' types and returns TypeScript's errors: wrong and missing fields, and unknown
 * ones, which the API server drops or rejects.
 */
export async function checkTypes(manifests: readonly Manifest[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'achilles-manifests-'))
  try {
    const lines = manifests.map((manifest, index) => {
      const type = `import('kubernetes-types/${moduleOf(manifest)}.js').${manifest.kind}`
      return `export const manifest${index}: ${type} = ${JSON.stringify(manifest, null, 2)}\n`
    })
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(OPTIONS))
    await writeFile(join(folder, 'manifests.ts'), lines.join(''))
    await symlink(MODULES, join(folder, 'node_modules'))
    return await compile(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** `v1` is in core/v1, `networking.k8s.io/v1` in networking/v1. */
function moduleOf({ apiVersion }: Manifest): string {
  const [group = '', version] = apiVersion.split('/')
  return version ? `${group.split('.')[0]}/${version}` : `core/${group}`
}

const compile = (folder: string): Promise<string> =>
  new Promise((resolve) => {
    const compiler = join(MODULES, 'typescript/bin/tsc')
    execFile(process.execPath, [compiler, '-p', folder], (error, stdout, stderr) =>
      resolve(error ? stdout || stderr || error.message : ''),
    )
  })
