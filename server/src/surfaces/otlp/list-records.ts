import { isPlainObject, parseBounded, toIssues } from '@achilles/mcp-contract'
import { z } from 'zod'
import { badRequest, GatewayError } from '../../errors/gateway-error.ts'
import type { RecordContext } from './records.ts'
import type { Signal } from './signals.ts'
import { attributes } from './values.ts'

/** Exporters send 512 at a time, collectors 8192. */
const MAX_RECORDS = 10_000

export interface RawRecord {
  /** Not validated yet, so that an invalid record does not affect the others. */
  input: unknown
  /** Where the record is in the request, e.g. `resourceLogs[0].scopeLogs[0].logRecords[3]`. */
  path: string
  context: RecordContext
}

const Resource = z.object({ attributes }).nullish()
const Scope = z.object({ name: z.string().nullish() }).nullish()

/**
 * Lists the records of a request, in order.
 * @throws GatewayError 400 with the path of what is invalid outside of records, 413 over 10,000 records.
 */
export function listRecords(request: unknown, { lists }: Signal, receivedAt: string): RawRecord[] {
  const [resources, scopes, records] = lists
  const found: RawRecord[] = []
  for (const { value: ofResource, path } of listOf(request, resources, '')) {
    const resource = parseAt(Resource, ofResource.resource, `${path}.resource`)?.attributes ?? {}
    for (const { value: ofScope, path: scopePath } of listOf(ofResource, scopes, `${path}.`)) {
      const scope = parseAt(Scope, ofScope.scope, `${scopePath}.scope`)?.name ?? ''
      const context = { resource, scope, receivedAt }
      for (const [index, input] of readList(ofScope, records, `${scopePath}.`).entries()) {
        if (found.length === MAX_RECORDS) throw tooManyRecords()
        found.push({ input, path: `${scopePath}.${records}[${index}]`, context })
      }
    }
  }
  return found
}

const listOf = (parent: unknown, name: string, prefix: string) =>
  readList(parent, name, prefix).map((value, index) => {
    const path = `${prefix}${name}[${index}]`
    return { value: requireObject(value, path), path }
  })

function readList(parent: unknown, name: string, prefix: string): unknown[] {
  const { [name]: list } = requireObject(parent, '')
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw badRequest([{ path: `${prefix}${name}`, message: 'must be an array' }])
  return list
}

function requireObject(value: unknown, path: string): Record<string, unknown> {
  if (!isPlainObject(value)) throw badRequest([{ path, message: 'must be an object' }])
  return value
}

function parseAt<Schema extends z.ZodType>(schema: Schema, value: unknown, at: string): z.output<Schema> {
  try {
    return parseBounded(schema, value, { stopAtFirst: true })
  } catch (error) {
    if (!(error instanceof z.core.$ZodError)) throw error
    throw badRequest(toIssues(error).map(({ path, message }) => ({ path: path ? `${at}.${path}` : at, message })))
  }
}

const tooManyRecords = () =>
  new GatewayError('PAYLOAD_TOO_LARGE', `The body holds more than ${MAX_RECORDS} records; send less at a time.`)
