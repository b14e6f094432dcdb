import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getMergedConfig, lint, loadConfig } from '@redocly/openapi-core'
import { describe, expect, test } from 'vitest'
import { coreDocument, openApiDocument } from '../support/openapi-document.ts'

const ROOT = new URL('../../../', import.meta.url).pathname
const TYPES = 'examples/typescript-openapi/gateway-api.ts'

test.each([
  ['docs/openapi.json', openApiDocument],
  ['docs/core-openapi.json', coreDocument],
])('%s is up to date (npm run openapi writes it)', async (path, document) => {
  expect(JSON.parse(await readFile(join(ROOT, path), 'utf8'))).toEqual(document())
})

describe('openapi-typescript without options', () => {
  const { stdout: input } = spawnSync(join(ROOT, 'node_modules/.bin/openapi-typescript'), ['docs/openapi.json'], {
    cwd: ROOT,
    encoding: 'utf8',
  })

  test('writes the example’s types (npm run openapi writes them)', async () => {
    const biome = ['check', '--write', `--stdin-file-path=${TYPES}`]
    const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/biome'), biome, { cwd: ROOT, input, encoding: 'utf8' })
    expect(stdout).toBe(await readFile(join(ROOT, TYPES), 'utf8'))
  })

  test.each(['limit', 'create_if_missing'])('makes %s optional, which has a default', (name) => {
    expect(input).toMatch(new RegExp(`^ +${name}\\?: `, 'm'))
    expect(input).not.toMatch(new RegExp(`^ +${name}: `, 'm'))
  })
})

test.each(['gateway', 'core'])('redocly reports no problems in the document of the %s', async (api) => {
  const config = await loadConfig({ configPath: join(import.meta.dirname, 'redocly.yaml') })
  const ref = join(import.meta.dirname, config.apis[api]?.root ?? expect.fail(api))
  const problems = await lint({ ref, config: getMergedConfig(config, api) })
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([])
})
