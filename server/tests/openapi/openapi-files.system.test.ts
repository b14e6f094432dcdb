import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getMergedConfig, lint, loadConfig } from '@redocly/openapi-core'
import openapiTypes, { astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'
import { coreDocument, openApiDocument } from '../support/openapi-document.ts'

const ROOT = new URL('../../../', import.meta.url).pathname
const TYPES = 'examples/typescript-openapi/gateway-api.ts'

test.each([
  ['docs/openapi.json', openApiDocument],
  ['docs/core-openapi.json', coreDocument],
])('%s is up to date (npm run openapi writes it)', async (path, document) => {
  expect(JSON.parse(await readFile(join(ROOT, path), 'utf8'))).toEqual(document())
})

test('the example’s types are up to date (npm run openapi writes them)', async () => {
  const document = await readFile(join(ROOT, 'docs/openapi.json'), 'utf8')
  const input = astToString(await openapiTypes(document, { defaultNonNullable: false }))
  const biome = ['check', '--write', `--stdin-file-path=${TYPES}`]
  const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/biome'), biome, { cwd: ROOT, input, encoding: 'utf8' })
  expect(stdout).toBe(await readFile(join(ROOT, TYPES), 'utf8'))
})

test.each(['gateway', 'core'])('redocly reports no problems in the document of the %s', async (api) => {
  const config = await loadConfig({ configPath: join(ROOT, 'redocly.yaml') })
  const ref = join(ROOT, config.apis[api]?.root ?? expect.fail(api))
  const problems = await lint({ ref, config: getMergedConfig(config, api) })
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([])
})
