import { describe, expect, test } from 'vitest'
import { readConfig, SETTINGS } from '../../server/src/config.ts'
import { version } from '../../server/src/version.ts'
import { checkTypes } from './kubernetes/check-types.ts'
import { getManifest, kustomization, type Manifest, manifestFiles, manifests } from './kubernetes/manifests.ts'
import { imageEnvironment, lastInstruction } from './read-dockerfile.ts'

const deployment = getManifest('Deployment')
const pod = deployment.spec?.template
const podSpec = pod?.spec ?? expect.fail('no pod')
const [container = expect.fail('no container'), ...others] = podSpec.containers
const ports = Object.fromEntries(container.ports?.map(({ name = '', containerPort }) => [name, containerPort]) ?? [])
const policy = getManifest('NetworkPolicy')

const plain = Object.fromEntries(
  kustomization.configMapGenerator.flatMap(({ literals }) =>
    literals.map((literal) => literal.split(/=(.*)/s).slice(0, 2)),
  ),
) as Record<string, string>
const secrets = container.env?.map(({ name, valueFrom }) => ({ name, ref: valueFrom?.secretKeyRef })) ?? []
const SECRET_VALUES: Readonly<Record<string, string>> = { ACHILLES_API_KEY: 'a-key', REDIS_URL: 'redis://redis:6379' }

/** The pod's environment: from the image, the ConfigMap and the secrets. */
const environment = {
  ...imageEnvironment(),
  ...plain,
  ...SECRET_VALUES,
}

describe('the manifests', () => {
  test('match the types of Kubernetes', async () => {
    expect(await checkTypes(manifests)).toBe('')
  })

  test.each([
    ['an unknown field', { selectors: {} }, `'selectors' does not exist`],
    ['a field of another type', { selector: 'app' }, `Type 'string' is not assignable`],
    ['a missing field', { ports: [{ name: 'http' }] }, `Property 'port' is missing`],
  ])('%s is an error', async (_, spec, message) => {
    const manifest = { ...getManifest('Service'), spec } as unknown as Manifest
    expect((await checkTypes([manifest])).replaceAll('"', '')).toContain(message)
  })

  test('are all in the kustomization, which pins the version', () => {
    expect(kustomization.resources.toSorted()).toEqual(manifestFiles.toSorted())
    expect(kustomization.images).toEqual([{ name: container.image, newName: expect.any(String), newTag: version }])
  })

  test('contain no secrets', () => {
    expect(manifests.map(({ kind }) => kind)).not.toContain('Secret')
    for (const name of Object.keys(plain))
      expect(name).not.toMatch(/API_KEY$|PASSWORD|TOKEN|_URL$(?<!BASE_URL|JWKS_URL)/)
    for (const { name, ref } of secrets)
      expect(ref, name).toEqual({ name: expect.any(String), key: expect.any(String) })
  })
})

describe('the pod', () => {
  test('matches every selector', () => {
    const labels = pod?.metadata?.labels
    const name = { 'app.kubernetes.io/name': 'achilles-mcp-gateway' }
    expect(labels).toMatchObject(name)
    expect(deployment.spec?.selector).toEqual({ matchLabels: name })
    expect(getManifest('Service').spec?.selector).toEqual(name)
    expect(getManifest('PodDisruptionBudget').spec?.selector).toEqual({ matchLabels: name })
    expect(policy.spec?.podSelector).toEqual({ matchLabels: name })
    for (const { labelSelector } of podSpec.topologySpreadConstraints ?? [])
      expect(labelSelector).toEqual({ matchLabels: name })
  })

  test('has only settings that the gateway knows', () => {
    expect(others).toEqual([])
    for (const name of [...Object.keys(plain), ...secrets.map(({ name }) => name)]) expect(SETTINGS).toContain(name)
    expect(secrets.map(({ name }) => name).toSorted()).toEqual(Object.keys(SECRET_VALUES).toSorted())
    expect(container.envFrom).toEqual([{ configMapRef: { name: kustomization.configMapGenerator[0]?.name } }])
    const { auth, core } = readConfig(environment)
    expect(auth).toMatchObject({ open: false, apiKeysFile: expect.any(String) })
    expect(core?.baseUrl).toBe(plain.ACHILLES_BASE_URL)
  })

  test('mounts the keys at the configured path, readable by its group', () => {
    const { defaultMode, secretName } = podSpec.volumes?.find(({ name }) => name === 'keys')?.secret ?? {}
    const mount = container.volumeMounts?.find(({ name }) => name === 'keys')
    expect(`${mount?.mountPath}/keys.json`).toBe(plain.GATEWAY_API_KEYS_FILE)
    expect({ defaultMode, readOnly: mount?.readOnly, subPath: mount?.subPath }).toEqual({
      defaultMode: 0o440,
      readOnly: true,
    })
    expect(podSpec.securityContext?.fsGroup).toBe(podSpec.securityContext?.runAsGroup)
    expect(secretName).not.toBe(secrets[0]?.ref?.name)
  })

  test('listens on the ports that the other manifests use', () => {
    const { port } = readConfig(environment)
    expect(ports).toEqual({ http: port, metrics: Number(plain.METRICS_PORT) })
    const service = getManifest('Service').spec?.ports ?? []
    expect(service.map(({ targetPort }) => targetPort)).toEqual(['http', 'metrics'])
    expect(policy.spec?.ingress?.flatMap(({ ports = [] }) => ports.map(({ port }) => port))).toEqual([
      'http',
      'metrics',
    ])
    expect(pod?.metadata?.annotations).toMatchObject({ 'prometheus.io/port': plain.METRICS_PORT })
    const { startupProbe, livenessProbe, readinessProbe } = container
    for (const probe of [startupProbe, livenessProbe]) expect(probe?.httpGet).toEqual({ path: '/livez', port: 'http' })
    expect(readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'http' })
  })

  test('may connect only to DNS, Core, Redis and the trace collector', () => {
    const allowed = policy.spec?.egress?.flatMap(({ to, ports = [] }) => {
      const namespace = to?.[0]?.namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name']
      return [...new Set(ports.map(({ port }) => `${namespace}:${port}`))]
    })
    const { hostname, port } = new URL(plain.ACHILLES_BASE_URL ?? '')
    const core = `${hostname.split('.')[1]}:${port}`
    expect(allowed).toEqual(['kube-system:53', core, 'redis:6379', 'monitoring:4318'])
    expect(policy.spec?.policyTypes).toEqual(['Ingress', 'Egress'])
  })

  test('has no privileges, and only /tmp is writable', () => {
    const [uid, gid] = lastInstruction('USER').split(':').map(Number)
    expect(podSpec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: uid, runAsGroup: gid })
    expect(podSpec.securityContext?.seccompProfile).toEqual({ type: 'RuntimeDefault' })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    const writable = container.volumeMounts?.filter(({ readOnly }) => !readOnly)
    expect(writable?.map(({ mountPath }) => mountPath)).toEqual(['/tmp'])
    expect(podSpec.automountServiceAccountToken).toBe(false)
    expect(getManifest('ServiceAccount')).toMatchObject({
      metadata: { name: podSpec.serviceAccountName },
      automountServiceAccountToken: false,
    })
  })

  test('has time to leave the endpoints, then to finish in-flight requests', () => {
    const pause = Number(container.lifecycle?.preStop?.exec?.command?.[1])
    expect(pause).toBeGreaterThanOrEqual(5)
    const { shutdownGraceMs } = readConfig(environment)
    expect(podSpec.terminationGracePeriodSeconds).toBeGreaterThan(pause + shutdownGraceMs / 1000)
  })
})

test('at least three gateways, none unavailable in a rollout, at most one while a node drains', () => {
  const { minReplicas, maxReplicas = 0, scaleTargetRef } = getManifest('HorizontalPodAutoscaler').spec ?? {}
  expect(minReplicas).toBe(3)
  expect(maxReplicas).toBeGreaterThan(3)
  expect(scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: deployment.metadata?.name })
  expect(deployment.spec?.replicas).toBeUndefined()
  expect(deployment.spec?.strategy?.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 })
  expect(getManifest('PodDisruptionBudget').spec?.maxUnavailable).toBe(1)
})
