import { existsSync, readFileSync } from 'node:fs'
import { DCLinter } from 'dclint'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig, SETTINGS } from '../../server/src/config.ts'
import { version } from '../../server/src/version.ts'
import { COMPOSE_FILE, type ComposeService, filledIn, readComposeFile } from './compose-file.ts'
import { readStages } from './image/image-stages.ts'

const ROOT = new URL('../../', import.meta.url).pathname
// An embedded Core is killed five seconds after it was told to end.
const EMBEDDED_CORE_STOP_SECONDS = 5

const { services, networks, volumes } = readComposeFile()
const all = Object.entries(services)
const gateways = all.filter(([, { build }]) => build !== undefined)
const atScale = gateways.filter(([, { profiles }]) => profiles.includes('scale'))
const imageSettings = Object.fromEntries(
  readStages(readFileSync(`${ROOT}Dockerfile`, 'utf8'))
    .at(-1)
    ?.steps.flatMap((step) => (step.kind === 'env' ? Object.entries(step.values) : [])) ?? [],
)

test('compose.yaml fits the schema of the specification and the rules of its linter', () => {
  // Two rules about the order of keys do without: one has extensions in an order in which anchors could not be used.
  const rules = { 'service-keys-order': 0, 'top-level-properties-order': 0 } as const
  const results = new DCLinter({ rules, quiet: false, debug: false, exclude: [] }).lintFiles(
    [COMPOSE_FILE],
    false,
  ) as Linted[]
  expect(results.flatMap(({ messages }) => messages.map(({ line, message }) => `${line}: ${message}`))).toEqual([])
  expect(results).toHaveLength(1)
})

test('the profiles are one gateway alone, and three with all that they share', () => {
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
  test('writes nowhere but in volumes and memory, has no privileges, and comes back', () => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], restart: 'unless-stopped' })
    expect(service.security_opt).toEqual(['no-new-privileges:true'])
    expect(service.tmpfs?.map((entry) => entry.split(':')[0])).toContain('/tmp')
  })

  test('is of a version that is named', () => {
    expect(service.image).toMatch(/^[a-z/-]+:v?\d+\.\d+\.\d+|^postgres:17\.\d+-/)
  })

  test('is reached from this machine alone', () => {
    for (const port of service.ports ?? []) {
      expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
      // Nothing is published out of a network that is internal.
      const ways = service.networks?.filter((name) => !networks[name]?.internal)
      expect(ways ?? ['default']).not.toEqual([])
    }
  })

  test('tells whether it is well', () => {
    expect(service.healthcheck?.test[0] ?? (service.build && 'of the image')).toMatch(/^CMD$|of the image/)
  })

  test('needs nothing that is not there', () => {
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
  test('has settings that a gateway takes', () => {
    expect(service.image).toBe(`achilles-mcp-gateway:${version}`)
    for (const name of Object.keys(service.environment ?? {})) expect(SETTINGS).toContain(name)
    const { host, port, gate, core } = readConfig(settingsOf(service, { POSTGRES_PASSWORD: 'secret' }))
    expect({ host, port, open: gate.open, core }).toEqual({ host: '0.0.0.0', port: 8080, open: true, core: undefined })
  })

  test('is not killed while it still answers', () => {
    const { shutdownGraceMs } = readConfig(settingsOf(service, {}))
    expect(seconds(service.stop_grace_period)).toBeGreaterThanOrEqual(
      shutdownGraceMs / 1000 + EMBEDDED_CORE_STOP_SECONDS,
    )
  })
})

test('the gateways at scale are alike, and share a database and a rate', () => {
  expect(atScale).toHaveLength(3)
  for (const [, service] of atScale) expect(service).toEqual(atScale[0]?.[1])
  const [, gateway] = atScale[0] ?? expect.fail()
  const { embeddedCore, gate } = readConfig(settingsOf(gateway, { POSTGRES_PASSWORD: 's3cret' }))
  const { POSTGRES_USER, POSTGRES_DB } = services.postgres?.environment ?? {}
  expect(embeddedCore.databaseUrl).toBe(`postgres://${POSTGRES_USER}:s3cret@postgres:5432/${POSTGRES_DB}`)
  expect(gate.redisUrl).toBe('redis://redis:6379')
  for (const name of ['postgres', 'redis']) expect(meet(gateway, services[name])).toBe(true)
})

test('no password has a default', () => {
  const secret = all.flatMap(([, { environment = {} }]) =>
    Object.entries(environment).filter(([name]) => /PASSWORD|API_KEY$/.test(name)),
  )
  expect(secret.map(([name]) => name)).toContain('POSTGRES_PASSWORD')
  for (const [name, value] of secret) expect(filledIn(value, {}), name).toBe('')
})

describe('what is mounted speaks of these services', () => {
  test('nginx of the gateways', () => {
    const text = readFileSync(`${ROOT}deploy/nginx/nginx.conf`, 'utf8')
    const upstreams = [...text.matchAll(/^\s*server (\S+?):(\d+)\b/gm)].map(([, name, port]) => `${name}:${port}`)
    expect([...new Set(upstreams)].toSorted()).toEqual(atScale.map(([name]) => `${name}:8080`))
    expect(services.nginx?.ports).toEqual([`127.0.0.1:8080:${text.match(/^\s*listen (\d+)/m)?.[1]}`])
    for (const [, gateway] of atScale) expect(meet(gateway, services.nginx)).toBe(true)
  })

  test('Prometheus of the gateways and their metrics', () => {
    const { scrape_configs } = parse(readFileSync(`${ROOT}deploy/prometheus/prometheus.yml`, 'utf8')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[]
    }
    const targets = scrape_configs.flatMap(({ static_configs }) => static_configs.flatMap(({ targets }) => targets))
    expect(targets).toEqual(atScale.map(([name, { environment }]) => `${name}:${environment?.METRICS_PORT}`))
    for (const [, gateway] of atScale) expect(meet(gateway, services.prometheus)).toBe(true)
  })

  test('Grafana of Prometheus', () => {
    const folder = `${ROOT}deploy/grafana/provisioning/datasources`
    const { datasources } = parse(readFileSync(`${folder}/prometheus.yml`, 'utf8')) as {
      datasources: { url: string }[]
    }
    expect(datasources.map(({ url }) => url)).toEqual(['http://prometheus:9090'])
    expect(meet(services.grafana, services.prometheus)).toBe(true)
  })
})

const settingsOf = ({ environment = {} }: ComposeService, variables: Record<string, string>) => ({
  ...imageSettings,
  ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filledIn(value, variables)])),
})

const meet = (one: ComposeService | undefined, other: ComposeService | undefined) =>
  one?.networks?.some((network) => other?.networks?.includes(network))

const seconds = (duration = '') => Number(duration.match(/^(\d+)s$/)?.[1])

// The linter's own types name files in a way that does not resolve.
interface Linted {
  messages: { line: number; message: string }[]
}
