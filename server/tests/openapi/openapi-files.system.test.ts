import { execFile, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import openapiTypes, { astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'
import { coreDocument, openApiDocument } from '../support/openapi-document.ts'

const run = promisify(execFile)
const ROOT = new URL('../../../', import.meta.url).pathname
const REDOCLY = createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js')
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
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  const { stdout } = await run(process.execPath, [REDOCLY, 'lint', api, '--format=json'], { cwd: ROOT, env })
  const { totals, problems } = JSON.parse(stdout.slice(stdout.indexOf('{')))
  expect(problems).toEqual([])
  expect(totals).toMatchObject({ errors: 0, warnings: 0, ignored: 0 })
})
