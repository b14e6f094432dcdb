import { readFileSync } from 'node:fs'
import { validate } from 'dockerfile-utils'
import { expect, test } from 'vitest'
import { readConfig } from '../../server/src/config.ts'
import { version } from '../../server/src/version.ts'
import { imageEnvironment, lastInstruction, readDockerfile } from './read-dockerfile.ts'

const stages = readDockerfile()
const bases = stages.map(([from]) => from?.[1].replace(/^--platform=\S+ /, '').split(' ')[0])

test('the linter reports no problems', () => {
  const text = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')
  expect(validate(text).map(({ range, message }) => `${range.start.line + 1}: ${message}`)).toEqual([])
})

test('every stage starts from the same pinned image', () => {
  expect(new Set(bases).size).toBe(1)
  expect(bases[0]).toMatch(/^node:24\.\d+\.\d+-[a-z]+-slim$/)
})

test('the user is not root and is numeric, so that an orchestrator can verify it', () => {
  expect(lastInstruction('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/)
})

test('Node is the first process, without a shell or npm, and checks its health', () => {
  expect(JSON.parse(lastInstruction('CMD'))).toEqual(['node', 'server/src/main.ts'])
  expect(lastInstruction('HEALTHCHECK')).toMatch(/CMD \["node", /)
})

test('packages are installed from the lock file, without install scripts', () => {
  const commands = stages.flat().flatMap(([keyword, text]) => (keyword === 'RUN' ? [text] : []))
  const installs = commands.flatMap((command) => command.match(/\bnpm [^&]+/g) ?? [])
  expect(installs).not.toHaveLength(0)
  for (const install of installs) expect(install).toMatch(/^npm ci .*--omit=dev\b.*--ignore-scripts\b/)
})

test('labels match this version', () => {
  const labels = lastInstruction('LABEL')
  for (const [name, value] of [
    ['version', version],
    ['licenses', 'MIT'],
    ['base.name', `docker.io/library/${bases[0]}`],
  ]) {
    expect(labels).toContain(`org.opencontainers.image.${name}="${value}"`)
  }
})

test('settings are known to the gateway, and authentication stays on', () => {
  const { NODE_ENV, ...settings } = imageEnvironment()
  expect(NODE_ENV).toBe('production')
  expect(() => readConfig(settings)).toThrow('GATEWAY_AUTH=none')
  const { embeddedCore, host } = readConfig({ ...settings, GATEWAY_AUTH: 'none' })
  expect({ host, dataDir: embeddedCore.dataDir }).toEqual({ host: '0.0.0.0', dataDir: lastInstruction('VOLUME') })
})
