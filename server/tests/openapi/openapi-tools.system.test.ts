import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { cachedFolder } from '../support/cached-folder.ts'
import { freePort } from '../support/free-port.ts'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { openApiDocument, operationsOf, resolveRef } from '../support/openapi-document.ts'
import { type ServiceProcess, untilListening } from '../support/service-process.ts'

const run = promisify(execFile)
const ROOT = new URL('../../../', import.meta.url).pathname
const CONFIGURATION = join(ROOT, 'examples/contract-tests')

const PACKAGES = ['@stoplight/prism-cli@5.16.0', '@apideck/portman@1.33.0', 'newman@6.2.2', 'dredd@14.1.0']

/** The folder of the tools' commands, 250 MB from the npm registry; undefined if they cannot be installed. */
async function installTools(): Promise<string | undefined> {
  try {
    const folder = await cachedFolder('openapi-tools-1', async (folder) => {
      await writeFile(join(folder, 'package.json'), '{"private":true}')
      const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=1']
      await run('npm', ['install', ...options, '--prefix', folder, ...PACKAGES], { cwd: folder, maxBuffer: 2 ** 26 })
    })
    return join(folder, 'node_modules/.bin')
  } catch (error) {
    const [reason] = String(error).split('\n')
    process.stdout.write(`openapi-tools: skipped, the tools cannot be installed: ${reason}\n`)
    return undefined
  }
}

const tools = await installTools()
const document = openApiDocument()
const operations = operationsOf(document)
// These tools wait for the end of a response, and a stream has none.
const ending = operations.filter(({ operation }) => operation.operationId !== 'signalsWatchInsights')

describe.skipIf(tools === undefined)('tools for OpenAPI', () => {
  const bin = (name: string) => join(tools ?? '', name)
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'achilles-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  describe('Prism’s mock of the committed document', () => {
    let prism: ServiceProcess

    beforeAll(async () => {
      const args = ['mock', join(ROOT, 'docs/openapi.json'), '--port', `${await freePort()}`]
      const child = spawn(bin('prism'), args, { stdio: ['ignore', 'pipe', 'pipe'] })
      prism = await untilListening(child, /Prism is listening on (http:\/\/[\d.:]+)/)
    })
    afterAll(async () => {
      prism?.process.kill('SIGTERM')
      await prism?.ended
    })

    /** Calls an operation with the examples of the document, without credentials. */
    async function call(
      { method, path, operation }: (typeof operations)[number],
      headers: Record<string, string> = {},
    ) {
      const required = operation.parameters?.filter((parameter) => parameter.in === 'query' && parameter.required) ?? []
      const query = new URLSearchParams(Object.fromEntries(required.map(({ name, example }) => [name, `${example}`])))
      const body = operation.requestBody && JSON.stringify(operation.requestBody.content['application/json'].example)
      const response = await fetch(`${prism.url}${path.replace('{session_id}', 'ses_8c41')}?${query}`, {
        method,
        headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body }),
      })
      const isStream = response.headers.get('content-type') === 'text/event-stream'
      const value: unknown = isStream ? await response.text() : await response.json()
      return { status: response.status, value }
    }

    test.each(operations.map((one) => [one.operation.operationId, one] as const))(
      '%s responds to its own example, and has each error’s own example',
      async (_id, one) => {
        expect(await call(one)).toMatchObject({ status: 200 })
        const statuses = Object.keys(one.operation.responses).filter((status) => /^[45]/.test(status))
        expect(statuses.length).toBeGreaterThan(3)
        for (const status of statuses) {
          const { content } = resolveRef(document, one.operation.responses[status] ?? expect.fail(status))
          const [example] = Object.values(content['application/problem+json']?.examples ?? {})
          const expected = { status: Number(status), value: example?.value }
          expect(await call(one, { prefer: `code=${status}` })).toEqual(expected)
          expect(example?.value).toMatchObject({ status: Number(status) })
        }
      },
    )
  })

  describe('against a running gateway', () => {
    let gateway: GatewayProcess
    let baseUrl: string

    beforeAll(async () => {
      const dataDir = join(folder, 'data')
      await seedDataDir(dataDir)
      gateway = await startGatewayProcess({ ACHILLES_DATA_DIR: dataDir })
      baseUrl = `${gateway.url}/api/achilles/v1/mcp`
    })
    afterAll(async () => {
      gateway?.process.kill('SIGTERM')
      await gateway?.ended
    })

    test('every assertion of Portman’s contract tests passes, also in a second run', async () => {
      const collection = join(folder, 'collection.json')
      const filter = ['--filterFile', join(CONFIGURATION, 'portman-filter.json')]
      const configuration = ['-c', join(CONFIGURATION, 'portman.json'), ...filter]
      const source = ['-u', `${gateway.url}/openapi.json`, '-b', baseUrl, ...configuration]
      await run(bin('portman'), [...source, '-o', collection], { cwd: folder })
      for (const report of [join(folder, 'first.json'), join(folder, 'second.json')]) {
        const options = ['--reporters', 'json', '--reporter-json-export', report, '--suppress-exit-code']
        await run(bin('newman'), ['run', collection, ...options], { cwd: folder })
        const { stats, failures } = JSON.parse(await readFile(report, 'utf8')).run
        expect(failures.map(({ error }: { error: { test: string } }) => error.test)).toEqual([])
        // The status, the media type, JSON, the schema, and a header of each operation.
        expect(stats.assertions).toMatchObject({ total: 5 * ending.length, failed: 0 })
      }
    })

    test('every documented success passes in Dredd', async () => {
      const hooks = join(CONFIGURATION, 'dredd-hooks.cjs')
      const options = ['--hookfiles', hooks, '--loglevel', 'error', '--no-color']
      const { stdout } = await run(bin('dredd'), [`${gateway.url}/openapi.json`, baseUrl, ...options], { cwd: folder })
      expect(stdout.match(/complete: (\d+ passing, \d+ failing, \d+ errors)/)?.[1]).toBe(
        `${ending.length} passing, 0 failing, 0 errors`,
      )
    })
  })
})
