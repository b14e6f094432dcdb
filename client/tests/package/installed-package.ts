import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { manifest } from '../../build/manifest.ts'
import { paths } from '../../build/paths.ts'
import { output } from './output.ts'

/** A project outside of the repository that has the packed package installed, and nothing else of ours. */
export interface InstalledPackage {
  dir: string
  /** The folder of the package in `node_modules`. */
  packageDir: string
  /** What Node writes, run in the project. */
  node(...args: string[]): Promise<string>
  remove(): Promise<void>
}

/** Builds the package, packs it as it would be published, and installs it. */
export async function installPackage(): Promise<InstalledPackage> {
  const dir = await mkdtemp(join(tmpdir(), 'achilles-client-'))
  await npm(paths.root, 'run', 'build')
  await npm(paths.dist, 'pack', '--pack-destination', dir)
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  await npm(
    dir,
    'install',
    `./achilles-mcp-client-${manifest.version}.tgz`,
    'typescript@~5.9',
    '--no-audit',
    '--no-fund',
  )
  await mkdir(join(dir, 'src'))
  await cp(fileURLToPath(new URL('./consumer/', import.meta.url)), join(dir, 'src'), { recursive: true })
  return {
    dir,
    packageDir: join(dir, 'node_modules/@achilles/mcp-client'),
    node: (...args) => output(process.execPath, args, dir),
    remove: () => rm(dir, { recursive: true }),
  }
}

const npm = (cwd: string, ...args: string[]) => output('npm', args, cwd)
