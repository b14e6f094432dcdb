import { existsSync, readFileSync } from 'node:fs'
import { DCLinter } from 'dclint'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig, SETTINGS } from '../../server/src/config.ts'
import { version } from '../../server/src/version.ts'
import { COMPOSE_FILE, type ComposeService, filledIn, readComposeFile } from './compose-file.ts'
import { imageEnvironment } from './read-dockerfile.ts'

const ROOT = new URL('../../', import.meta.url).pathname
// An embedded Core is killed five seconds after it was asked to stop.
const EMBEDDED_CORE_STOP_SECONDS = 5

const { services, networks, volumes } = readComposeFile()
const all = Object.entries(services)
const gateways = all.filter(([, { build }]) => build !== undefined)
const atScale = gateways.filter(([, { profiles }]) => profiles.includes('scale'))
const imageSettings = imageEnvironment()

test('compose.yaml matches the schema of the specification and the rules of its linter', () => {
  // Two rules about the order of keys are off: one orders extensions so that anchors could not be used.
  const rules = { 'service-keys-order': 0, 'top-level-properties-order': 0 } as const
  const results = new DCLinter({ rules, quiet: false, debug: false, exclude: [] }).lintFiles(
    [COMPOSE_FILE],
    false,
  ) as Linted[]
  expect(results.flatMap(({ messages }) => messages.map(({ line, message }) => `${line}: ${message}`))).toEqual([])
  expect(results).toHaveLength(1)
})

test('the profiles are a single gateway, and three with shared services', () => {
  const ofProfile = (profile: string) =>
    all.filter(([, { profiles }]) => profiles.includes(profile)).map(([name]) => name)
  expect(ofProfile('default')).toEqual(['gateway'])
  expect(ofProfile('scale').toSorted()).toEqual([
    'gateway-1',
    'gateway-2',
    'gateway-3',
    'grafana',
    'nginx',
    'postgres',
    'prometheus',
    'redis',
  ])
})

describe.each(all)('%s', (_, service) => {
  test('writes only to volumes and memory, has no privileges, and restarts', () => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], restart: 'unless-stopped' })
    expect(service.security_opt).toEqual(['no-new-privileges:true'])
    expect(service.tmpfs?.map((entry) => entry.split(':')[0])).toContain('/tmp')
  })

  test('has a pinned version', () => {
    expect(service.image).toMatch(/^[a-z/-]+:v?\d+\.\d+\.\d+|^postgres:17\.\d+-/)
  })

  test('can be reached only from this machine', () => {
    for (const port of service.ports ?? []) {
      expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
      // A port cannot be published from an internal network.
      const ways = service.networks?.filter((name) => !networks[name]?.internal)
      expect(ways ?? ['default']).not.toEqual([])
    }
  })

  test('has a health check', () => {
    expect(service.healthcheck?.test[0] ?? (service.build && 'of the image')).toMatch(/^CMD$|of the image/)
  })

  test('refers only to existing services, networks, volumes and files', () => {
    const needed = Array.isArray(service.depends_on) ? service.depends_on : Object.keys(service.depends_on ?? {})
    for (const name of needed) expect(services[name]?.profiles, name).toEqual(service.profiles)
    for (const name of service.networks ?? []) expect(Object.keys(networks)).toContain(name)
    for (const mount of service.volumes ?? []) {
      const [source = ''] = mount.split(':')
      if (source.startsWith('.')) expect(existsSync(`${ROOT}${source}`), source).toBe(true)
      else expect(Object.keys(volumes)).toContain(source)
    }
  })
})

describe.each(gateways)('%s', (_, service) => {
  test('has only settings that the gateway knows', () => {
    expect(service.image).toBe(`achilles-mcp-gateway:${version}`)
    for (const name of Object.keys(service.environment ?? {})) expect(SETTINGS).toContain(name)
    const { host, port, auth, core } = readConfig(getSettings(service, { POSTGRES_PASSWORD: 'secret' }))
    expect({ host, port, open: auth.open, core }).toEqual({ host: '0.0.0.0', port: 8080, open: true, core: undefined })
  })

  test('is not killed while it drains', () => {
    const { shutdownGraceMs } = readConfig(getSettings(service, {}))
    expect(seconds(service.stop_grace_period)).toBeGreaterThanOrEqual(
      shutdownGraceMs / 1000 + EMBEDDED_CORE_STOP_SECONDS,
    )
  })
})

test('the replicas have equal settings and share a database and a rate limit', () => {
  expect(atScale).toHaveLength(3)
  for (const [, service] of atScale) expect(service).toEqual(atScale[0]?.[1])
  const [, gateway] = atScale[0] ?? expect.fail()
  const { embeddedCore, auth } = readConfig(getSettings(gateway, { POSTGRES_PASSWORD: 's3cret' }))
  const { POSTGRES_USER, POSTGRES_DB } = services.postgres?.environment ?? {}
  expect(embeddedCore.databaseUrl).toBe(`postgres://${POSTGRES_USER}:s3cret@postgres:5432/${POSTGRES_DB}`)
  expect(auth.redisUrl).toBe('redis://redis:6379')
  for (const name of ['postgres', 'redis']) expect(meet(gateway, services[name])).toBe(true)
})

test('no password has a default', () => {
  const secret = all.flatMap(([, { environment = {} }]) =>
    Object.entries(environment).filter(([name]) => /PASSWORD|API_KEY$/.test(name)),
  )
  expect(secret.map(([name]) => name)).toContain('POSTGRES_PASSWORD')
  for (const [name, value] of secret) expect(filledIn(value, {}), name).toBe('')
})

describe('mounted configuration refers to these services', () => {
  test('nginx to the gateways', () => {
    const text = readFileSync(`${ROOT}deploy/nginx/nginx.conf`, 'utf8')
    const upstreams = [...text.matchAll(/^\s*server (\S+?):(\d+)\b/gm)].map(([, name, port]) => `${name}:${port}`)
    expect([...new Set(upstreams)].toSorted()).toEqual(atScale.map(([name]) => `${name}:8080`))
    expect(services.nginx?.ports).toEqual([`127.0.0.1:8080:${text.match(/^\s*listen (\d+)/m)?.[1]}`])
    for (const [, gateway] of atScale) expect(meet(gateway, services.nginx)).toBe(true)
  })

  test('Prometheus to the gateways and their metrics', () => {
    const { scrape_configs } = parse(readFileSync(`${ROOT}deploy/prometheus/prometheus.yml`, 'utf8')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[]
    }
    const targets = scrape_configs.flatMap(({ static_configs }) => static_configs.flatMap(({ targets }) => targets))
    expect(targets).toEqual(atScale.map(([name, { environment }]) => `${name}:${environment?.METRICS_PORT}`))
    for (const [, gateway] of atScale) expect(meet(gateway, services.prometheus)).toBe(true)
  })

  test('Grafana to Prometheus', () => {
    const folder = `${ROOT}deploy/grafana/provisioning/datasources`
    const { datasources } = parse(readFileSync(`${folder}/prometheus.yml`, 'utf8')) as {
      datasources: { url: string }[]
    }
    expect(datasources.map(({ url }) => url)).toEqual(['http://prometheus:9090'])
    expect(meet(services.grafana, services.prometheus)).toBe(true)
  })
})

const getSettings = ({ environment = {} }: ComposeService, variables: Record<string, string>) => ({
  ...imageSettings,
  ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filledIn(value, variables)])),
})

const meet = (one: ComposeService | undefined, other: ComposeService | undefined) =>
  one?.networks?.some((network) => other?.networks?.includes(network))

const seconds = (duration = '') => Number(duration.match(/^(\d+)s$/)?.[1])

// The linter's types have imports that do not resolve.
interface Linted {
  messages: { line: number; message: string }[]
}
