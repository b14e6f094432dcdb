import { readdirSync, readFileSync } from 'node:fs'
import type { Deployment } from 'kubernetes-types/apps/v1.js'
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js'
import type { ConfigMap, Service, ServiceAccount } from 'kubernetes-types/core/v1.js'
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js'
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js'
import { parse } from 'yaml'

/** The fields of a kustomization that the tests use. */
export interface Kustomization {
  resources: string[]
  images: { name: string; newName: string; newTag: string }[]
  configMapGenerator: { name: string; literals: string[] }[]
}

export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; labels: Record<string, string> }
}

/** The types of the manifests in deploy/kubernetes, by kind. */
export interface Manifests {
  Deployment: Deployment
  Service: Service
  ServiceAccount: ServiceAccount
  HorizontalPodAutoscaler: HorizontalPodAutoscaler
  PodDisruptionBudget: PodDisruptionBudget
  NetworkPolicy: NetworkPolicy
}

const FOLDER = new URL('../../kubernetes/', import.meta.url)
const read = (file: string) => parse(readFileSync(new URL(file, FOLDER), 'utf8'))

export const kustomization = read('kustomization.yaml') as Kustomization

export const manifestFiles = readdirSync(FOLDER).filter(
  (file) => /\.ya?ml$/.test(file) && file !== 'kustomization.yaml',
)

const all = manifestFiles.map(read) as Manifest[]

/** Every manifest, and the generated ConfigMaps without the hash in their names. */
export const manifests: readonly Manifest[] = [...all, ...kustomization.configMapGenerator.map(configMap)]

export function getManifest<Kind extends keyof Manifests>(kind: Kind): Manifests[Kind] {
  const found = all.filter((manifest) => manifest.kind === kind)
  if (found.length !== 1) throw new Error(`${found.length} manifests are a ${kind}`)
  return found[0] as unknown as Manifests[Kind]
}

function configMap({ name, literals }: Kustomization['configMapGenerator'][number]): Manifest & ConfigMap {
  const data = Object.fromEntries(
    literals.map((literal) => [literal.split('=')[0], literal.slice(literal.indexOf('=') + 1)]),
  )
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: {} }, data }
}
