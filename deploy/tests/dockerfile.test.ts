import { readFileSync } from 'node:fs'
import { validate } from 'dockerfile-utils'
import { expect, test } from 'vitest'
import { readConfig } from '../../server/src/config.ts'
import { version } from '../../server/src/version.ts'
import { readDockerIgnore } from './image/docker-ignore.ts'
import { readStages, type Step } from './image/image-stages.ts'

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

const dockerfile = read('Dockerfile')
const stages = readStages(dockerfile)
const steps = stages.at(-1)?.steps ?? []
const last = <Kind extends Step['kind']>(kind: Kind) =>
  steps.findLast((step): step is Extract<Step, { kind: Kind }> => step.kind === kind) ?? expect.fail(kind)

test('the linter reports no problems', () => {
  expect(validate(dockerfile).map(({ range, message }) => `${range.start.line + 1}: ${message}`)).toEqual([])
})

test('every stage starts from the same pinned image', () => {
  for (const { base } of stages) expect(base).toBe(stages[0]?.base)
  expect(stages[0]?.base).toMatch(/^node:24\.\d+\.\d+-[a-z]+-slim$/)
})

test('the user is not root and is numeric, so that an orchestrator can verify it', () => {
  expect(last('user').user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
})

test('Node is the first process, without a shell or npm', () => {
  const { command } = last('cmd')
  expect(command[0]).toBe('node')
  expect(last('healthcheck').command[0]).toBe('node')
  expect(command.slice(1)).toEqual(['--no-allocation-site-pretenuring', 'server/src/main.ts'])
})

test('packages are installed from the lock file, without install scripts', () => {
  const commands = stages.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'run' ? [step.command] : [])))
  const installs = commands.flatMap((command) => command.match(/\bnpm (?!pkg)[^&]+/g) ?? [])
  expect(installs).not.toHaveLength(0)
  for (const install of installs) expect(install).toMatch(/^npm (ci|prune) .*--omit=dev\b.*--ignore-scripts\b/)
})

test('labels match this version', () => {
  expect(last('label').values).toMatchObject({
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.licenses': 'MIT',
    'org.opencontainers.image.base.name': `docker.io/library/${stages.at(-1)?.base}`,
  })
})

test('settings are known to the gateway, and authentication stays on', () => {
  const { NODE_ENV, ...settings } = last('env').values
  expect(NODE_ENV).toBe('production')
  expect(() => readConfig(settings)).toThrow('GATEWAY_AUTH=none')
  const { embeddedCore, host } = readConfig({ ...settings, GATEWAY_AUTH: 'none' })
  expect({ host, dataDir: embeddedCore.dataDir }).toEqual({ host: '0.0.0.0', dataDir: last('volume').path })
})

test('the build context has what is needed, without secrets, tests or data', () => {
  const isIgnored = readDockerIgnore(read('.dockerignore'))
  for (const path of [
    'package-lock.json',
    'server/src/main.ts',
    'server/src/surfaces/pages/start.js',
    'shared/src/json.ts',
  ]) {
    expect(isIgnored(path), path).toBe(false)
  }
  for (const path of [
    ...[
      '.env',
      'server/.env',
      'keys.json',
      '.achilles/core/PG_VERSION',
      '.git/config',
      'node_modules/zod/package.json',
    ],
    ...['server/src/config.test.ts', 'embedded-core/src/testing/requests.ts', 'server/tests/chaos/main.ts'],
    ...['client/package.json', 'deploy/kubernetes/deployment.yaml', 'Dockerfile'],
  ]) {
    expect(isIgnored(path), path).toBe(true)
  }
})
