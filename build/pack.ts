import { execFile } from 'node:child_process'
import { copyFile, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SBOM_FILE } from './bundle.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('..', import.meta.url))

export interface PublishedPackage {
  name: string
  workspace: string
}

/** In the order in which they are published: a package follows those that it depends on. */
export const PACKAGES: readonly PublishedPackage[] = [
  { name: '@achilles/mcp-client', workspace: 'client' },
  { name: '@achilles/embedded-core', workspace: 'embedded-core' },
  { name: '@achilles/mcp-gateway', workspace: 'server' },
  { name: '@achilles/cli', workspace: 'cli' },
]

/**
 * Builds every package, and writes its tarball and its SBOM; returns the paths of the tarballs, by package name.
 * @param dist where each workspace's package is built
 */
export async function pack(destination: string, dist = 'dist'): Promise<Map<string, string>> {
  await mkdir(destination, { recursive: true })
  const tarballs = new Map<string, string>()
  for (const { name, workspace } of PACKAGES) {
    await run(process.execPath, ['--import', import.meta.resolve('tsx'), 'build/main.ts', dist], {
      cwd: join(ROOT, workspace),
    })
    const { stdout } = await run('npm', ['pack', '--pack-destination', destination], {
      cwd: join(ROOT, workspace, dist),
    })
    const tarball = join(destination, stdout.trim())
    await copyFile(join(ROOT, workspace, dist, SBOM_FILE), toSbomPath(tarball))
    tarballs.set(name, tarball)
  }
  return tarballs
}

/** Where the SBOM of a tarball is. */
export const toSbomPath = (tarball: string): string => tarball.replace(/\.tgz$/, '.sbom.json')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const destination = join(ROOT, 'dist')
  await rm(destination, { recursive: true, force: true })
  const tarballs = await pack(destination)
  for (const tarball of tarballs.values()) {
    process.stdout.write(`${tarball}  ${((await stat(tarball)).size / 1e6).toFixed(2)} MB\n`)
  }
}
