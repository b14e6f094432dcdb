import { execFile } from 'node:child_process'
import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

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
]

/**
 * Builds every package; returns the paths of the tarballs, by package name.
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
    tarballs.set(name, join(destination, stdout.trim()))
  }
  return tarballs
}

/** Lists what a package contains and depends on, bundled or installed, as CycloneDX. */
async function writeSbom({ name }: PublishedPackage, tarball: string): Promise<void> {
  const { stdout } = await run('npm', ['sbom', '--sbom-format=cyclonedx', '--omit=dev', `--workspace=${name}`], {
    cwd: ROOT,
    maxBuffer: 2 ** 26,
  })
  const { serialNumber: _, metadata, ...sbom } = JSON.parse(stdout) as { serialNumber: string; metadata: object }
  const { timestamp: __, ...lasting } = metadata as { timestamp: string }
  // Without what differs between two runs.
  const text = `${JSON.stringify({ ...sbom, metadata: lasting }, null, 2)}\n`
  await writeFile(tarball.replace(/\.tgz$/, '.sbom.json'), text)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const destination = join(ROOT, 'dist')
  await rm(destination, { recursive: true, force: true })
  const tarballs = await pack(destination)
  for (const published of PACKAGES) {
    const tarball = tarballs.get(published.name) ?? ''
    await writeSbom(published, tarball)
    process.stdout.write(`${tarball}  ${((await stat(tarball)).size / 1e6).toFixed(2)} MB\n`)
  }
}
