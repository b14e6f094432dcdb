import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { type Manifest, readManifest } from './manifest.ts'

const components = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
  new Contrib.FromNodePackageJson.Factories.ExternalReferenceFactory(),
  // What is not one license of SPDX's list is recorded by its name.
  new Contrib.License.Factories.LicenseFactory((expression) => {
    throw new RangeError(expression)
  }),
)

export interface SbomContents {
  /** The published manifest, whose dependencies are installed. */
  manifest: Manifest
  /** The folder from which the dependencies resolve. */
  folder: string
  /** The folders of the packages whose code is in the package itself. */
  bundled: readonly string[]
}

/**
 * Lists what a package bundles, and what is installed with it, as CycloneDX JSON. Two calls for the same contents return
 * the same text.
 */
export function toSbom({ manifest, folder, bundled }: SbomContents): string {
  const described = toComponent(manifest)
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: described }) })
  const bundledFolders = new Set(bundled)
  const parts = new Map<string, { component: Models.Component; manifest: Manifest }>()
  function add(path: string): Models.Component {
    const known = parts.get(path)
    if (known) return known.component
    const found = readManifest(path)
    const component = toComponent(found)
    component.scope = Enums.ComponentScope.Required
    if (bundledFolders.has(path)) component.properties.add(new Models.Property('cdx:npm:package:bundled', 'true'))
    parts.set(path, { component, manifest: found })
    bom.components.add(component)
    // Tree shaking may have removed a bundled package's dependencies; the rest are listed in `bundled`.
    for (const dependency of Object.keys(found.dependencies ?? {})) {
      const resolved = findPackage(dependency, path)
      const isIncluded =
        !bundledFolders.has(path) || bundledFolders.has(resolved) || dependency in manifest.dependencies
      if (isIncluded) component.dependencies.add(add(resolved).bomRef)
    }
    return component
  }
  const direct = Object.keys(manifest.dependencies).map((dependency) => findPackage(dependency, folder))
  for (const path of [...direct, ...bundled]) described.dependencies.add(add(path).bomRef)
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`
}

function toComponent(manifest: Manifest): Models.Component {
  const component = components.makeComponent({ ...manifest })
  if (!component) throw new Error('a package has no name')
  const { name, version } = manifest
  component.purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  component.bomRef.value = `${name}@${version}`
  return component
}

/** Node's resolution, for packages that do not export their package.json. */
function findPackage(name: string, from: string): string {
  const found = join(from, 'node_modules', name)
  if (existsSync(join(found, 'package.json'))) return found
  if (dirname(from) === from) throw new Error(`${name} is not installed`)
  return findPackage(name, dirname(from))
}
