import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../client/tests/package/installed-package.ts'
import { PACKAGES, pack } from '../pack.ts'

export interface PackedPackages {
  /** A temporary folder; `dist` in it has the tarballs and SBOMs. */
  folder: string
  tarballs: ReadonlyMap<string, string>
  /** Where each workspace's package was built. */
  dist: string
  remove(): Promise<void>
}

/** Packs every package, in folders that no other test uses. */
export async function packForTest(): Promise<PackedPackages> {
  const folder = await mkdtemp(join(tmpdir(), 'achilles-packages-'))
  const dist = `dist.${process.pid}`
  async function remove() {
    for (const { workspace } of PACKAGES) await rm(join(workspace, dist), { recursive: true, force: true })
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
  try {
    return { folder, dist, tarballs: await pack(join(folder, 'dist'), dist), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Makes a project that depends on the packages of these names. Installs nothing. */
export async function createProject(
  { folder, tarballs }: PackedPackages,
  name: string,
  packages: readonly string[],
): Promise<string> {
  const dir = join(folder, name)
  await mkdir(dir)
  const dependencies = Object.fromEntries(
    packages.map((dependency) => [dependency, `file:${tarballs.get(dependency)}`]),
  )
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name, private: true, dependencies }))
  return dir
}

/** Installs what a project depends on, and more. */
export const npmInstall = (dir: string, ...more: string[]) =>
  runCommand('npm', ['install', '--no-audit', '--no-fund', ...more], dir)

/** The components of an SBOM: names with their scope, and whether they are bundled. */
export function listComponents(sbom: string): { name: string; isBundled: boolean }[] {
  const { components } = JSON.parse(sbom) as {
    components: { group?: string; name: string; properties?: { name: string }[] }[]
  }
  return components.map(({ group, name, properties = [] }) => ({
    name: group === undefined ? name : `${group}/${name}`,
    isBundled: properties.some((property) => property.name === 'cdx:npm:package:bundled'),
  }))
}
