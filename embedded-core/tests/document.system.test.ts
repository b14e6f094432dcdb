import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseJson } from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { coreDocument, operationsOf, resolveRef, validatorOf } from '../../server/tests/support/openapi-document.ts'
import { type EmbeddedCore, startEmbeddedCore } from '../src/embedded-core.ts'
import { seedDataDir } from '../src/testing/seed-data-dir.ts'

const document = coreDocument()
const documented = operationsOf(document)

let dataDir: string
let core: EmbeddedCore

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'achilles-'))
  await seedDataDir(dataDir)
  core = await startEmbeddedCore({ dataDir, log: () => {}, execArgv: ['--import', 'tsx'] })
})

afterAll(async () => {
  await core?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

type Documented = (typeof documented)[number]

/** The document's example of a request, as text. */
function exampleOf({ operation }: Documented): string | undefined {
  const reference = operation.requestBody?.content['application/json'].schema.$ref
  if (reference === undefined) return undefined
  const [example] = document.components.schemas[reference.replace('#/components/schemas/', '')]?.examples ?? []
  return JSON.stringify(example)
}

/** Sends a request as the document describes it and validates the response against the document. */
async function ask(one: Documented, { sessionId = 'ses_8c41', text = exampleOf(one), key = core.apiKey } = {}) {
  const { method, path, operation } = one
  const named = operation.parameters?.map((parameter) => resolveRef(document, parameter)) ?? []
  const headers = named.filter((parameter) => parameter.in === 'header' && parameter.name !== 'idempotency-key')
  const response = await fetch(core.url + path.replace('{session_id}', sessionId), {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...Object.fromEntries(headers.map(({ name, example }) => [name, String(example)])),
      ...(named.some(({ name }) => name === 'idempotency-key') && { 'idempotency-key': randomUUID() }),
    },
    ...(text !== undefined && { body: text.replaceAll('ses_8c41', sessionId) }),
  })
  const told = operation.responses[response.status]
  if (!told) throw new Error(`${method} ${path} does not tell of ${response.status}`)
  const [[mediaType, content] = []] = Object.entries(resolveRef(document, told).content)
  expect(response.headers.get('content-type')).toBe(mediaType)
  const value = parseJson(await response.text())
  validatorOf(document, content?.schema ?? {}).parse(value)
  return { status: response.status, value: value as Record<string, unknown> }
}

const find = (id: string): Documented => {
  const one = documented.find(({ operation }) => operation.operationId === id)
  if (!one) throw new Error(`${id} is not told of`)
  return one
}

const named = documented.map((one) => [one.operation.operationId, one] as const)

describe.each(named)('%s', (id, one) => {
  test('responds to the example when the session does not exist', async () => {
    const { responses } = one.operation
    // A batch reports each event separately.
    const isOfSession = exampleOf(one)?.includes('ses_8c41') || one.path.includes('{session_id}')
    const status = isOfSession && id !== 'signalsIngestBatch' ? 404 : 200
    expect(responses).toHaveProperty(String(status))
    expect((await ask(one)).status).toBe(status)
  })

  test('rejects a wrong key', async () => {
    expect((await ask(one, { key: 'another' })).status).toBe(401)
  })
})

test.each(named.filter(([, { operation }]) => operation.requestBody))(
  '%s rejects a body that is not JSON or does not match the schema',
  async (_id, one) => {
    expect((await ask(one, { text: '{' })).status).toBe(400)
    expect((await ask(one, { text: '{}' })).status).toBe(422)
  },
)

describe('with a session', () => {
  let sessionId: string

  beforeAll(async () => {
    const { value } = await ask(find('sessionsCreate'))
    sessionId = String(value.session_id)
    expect(validatorOf(document, find('sessionsUpdate').operation.parameters?.[0]?.schema as object).parse(sessionId))
    const { error_event_id } = JSON.parse(exampleOf(find('errorsCorrelate')) ?? '')
    const batch = JSON.parse(exampleOf(find('signalsIngestBatch')) ?? '')
    const error = { ...batch.events[0], event_id: error_event_id, event_type: 'error' }
    const events = Array.from({ length: 5 }, (_, index) => ({ ...error, event_id: `${error_event_id}-${index}` }))
    const text = JSON.stringify({ events: [error, ...events] })
    expect((await ask(find('signalsIngestBatch'), { sessionId, text })).value.results).toHaveLength(6)
  })

  test.each(named)('%s responds to its example with 200, also the second time', async (_id, one) => {
    expect((await ask(one, { sessionId })).status).toBe(200)
    expect((await ask(one, { sessionId })).status).toBe(200)
  })

  test('there is an insight to validate', async () => {
    expect((await ask(find('signalsInsights'), { sessionId })).value).not.toEqual([])
  })
})
