import { Agent, request } from 'node:http'
import type { Problem, ProblemIssue } from '@achilles/mcp-contract'
import { isPlainObject, parseJson, stringifyJson } from '@achilles/mcp-contract'
import { z } from 'zod'
import { objectOf } from './arbitrary-json.ts'
import { toSuperJson } from './arbitrary-wire.ts'
import { idsIn } from './event-core.ts'
import { OPERATIONS, type Operation } from './operations.ts'
import type { Script, ScriptedCore } from './scripted-core.ts'
import type { TestGateway } from './test-gateway.ts'
import { answeredBy, MCP_HEADERS, toolCall } from './tool-calls.ts'

/** The outcome of an input: the response, and what reached Core. */
export interface Outcome {
  status: number
  issues: ProblemIssue[] | undefined
  core: { method: string; url: string; text: string } | undefined
}

/** Sends inputs over every surface, concurrently on keep-alive connections. */
export interface Caller {
  rest(operation: Operation, input: unknown): Promise<Outcome>
  native(operation: Operation, input: unknown): Promise<Outcome>
  mcp(operation: Operation, input: unknown): Promise<Outcome>
  sent(): number
  /** The number of requests that were coalesced into another call to Core. */
  shared(): number
  close(): void
}

const EVENTS = '/signals/events/batch'
const ANSWERS = new Map(OPERATIONS.map(({ core, answer }) => [`${core.method} ${core.path}`, JSON.stringify(answer)]))
const UPDATED = ANSWERS.get('PATCH /mcp/sessions/ses_8c41')

/**
 * Makes the scripted Core respond with each operation's example, and looks its requests up by request id. Coalesced events
 * reach Core in another call, which the gateway's log names.
 */
export function startCaller({ url: gatewayUrl, requests }: TestGateway, core: ScriptedCore): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  const seen = new Map<string, Outcome['core']>()
  const sharedBy = new Map<string, string | undefined>()
  let sent = 0
  let shared = 0

  const script: Script = ({ method, url, headers, text }, response) => {
    seen.set(String(headers['x-request-id']), { method, url, text })
    core.seen.length = 0
    const answer =
      url === EVENTS
        ? acceptedIn(text)
        : (ANSWERS.get(`${method} ${url}`) ?? (method === 'PATCH' ? UPDATED : undefined))
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(answer ?? '{}')
  }
  core.answer(script)

  async function call(
    method: string,
    path: string,
    body: string,
    problemIn: (status: number, text: string) => Problem | undefined,
    ids?: unknown[],
  ): Promise<Outcome> {
    const id = `input-${++sent}`
    const { status, text } = await send(method, path, body, id)
    const problem = problemIn(status, text)
    const core = ids && !problem ? await eventsOf(id, ids) : seen.get(id)
    if (core?.url !== EVENTS) seen.delete(id)
    return { status: problem?.status ?? status, issues: problem?.issues, core }
  }

  /** A call with events as Core saw it: of a coalesced call, only its own events. */
  async function eventsOf(id: string, ids: unknown[]): Promise<Outcome['core']> {
    while (!sharedBy.has(id)) {
      for (const line of requests.splice(0)) sharedBy.set(String(line.request_id), line.core_request_id as string)
      await new Promise(setImmediate)
    }
    const other = sharedBy.get(id)
    sharedBy.delete(id)
    if (other !== undefined) shared++
    const call = seen.get(other ?? id)
    if (!call) return undefined
    const { events } = parseJson(call.text) as { events: { event_id: string }[] }
    return { ...call, text: stringifyJson({ events: events.filter(({ event_id }) => ids.includes(event_id)) }) }
  }

  // Not fetch, which normalizes dot segments in a path.
  function send(method: string, path: string, body: string, id: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(gatewayUrl)
      const headers = {
        ...MCP_HEADERS,
        'content-length': Buffer.byteLength(body),
        'x-request-id': id,
      }
      const outgoing = request({ agent, hostname, port, method, path, headers }, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, text })).once('error', reject)
      })
      outgoing.once('error', reject)
      outgoing.end(body)
    })
  }

  return {
    rest(operation, input) {
      const { path, body } = inPath(operation.path, input)
      return call(
        operation.method,
        `/api/achilles/v1/mcp${path}`,
        stringifyJson(body),
        (status, text) => (status === 200 ? undefined : (JSON.parse(text) as Problem)),
        eventIds(operation, input),
      )
    },
    native: (operation, input) =>
      call(
        'POST',
        `/trpc/${operation.operation}`,
        JSON.stringify(toSuperJson(input)),
        (status, text) =>
          status === 200 ? undefined : (JSON.parse(text) as { error: { json: { data: Problem } } }).error.json.data,
        eventIds(operation, input),
      ),
    mcp: (operation, input) =>
      call(
        'POST',
        '/mcp',
        toolCall(operation.operation, stringifyJson(input)),
        (_status, text) => answeredBy(operation.operation, text).problem,
        eventIds(operation, input),
      ),
    sent: () => sent,
    shared: () => shared,
    close: () => agent.destroy(),
  }
}

const acceptedIn = (text: string): string =>
  JSON.stringify({ results: idsIn(text).map((event_id) => ({ event_id, status: 'accepted' })), failed: [] })

/** The ids of the events in an input, if its operation has events. */
function eventIds({ core }: Operation, input: unknown): unknown[] | undefined {
  if (core.path !== EVENTS || !isObject(input)) return undefined
  const events = Array.isArray(input.events) ? input.events : [input]
  return events.map((event) => event?.event_id)
}

/** Moves a path parameter from the input to the path. */
function inPath(path: string, input: unknown): { path: string; body: unknown } {
  if (!path.includes('{')) return { path, body: input }
  if (!isObject(input)) return { path: path.replace('{session_id}', 's'), body: input }
  const { session_id } = input
  const body = objectOf(Object.entries(input).filter(([name]) => name !== 'session_id'))
  return { path: path.replace('{session_id}', () => encodeURIComponent(String(session_id))), body }
}

const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * False for inputs that REST cannot express: a path parameter is non-empty text, not `.` or `..`, without lone surrogates.
 */
export function canBeSaidOnRest({ path }: Operation, input: unknown): boolean {
  if (!path.includes('{') || !isObject(input)) return true
  const { session_id } = input
  return typeof session_id === 'string' && !['', '.', '..'].includes(session_id) && !LONE_SURROGATE.test(session_id)
}

/** False for inputs that MCP cannot express: a tool's arguments are an object. */
export const canBeSaidOverMcp = (input: unknown): boolean => isPlainObject(input)

/** The same input with text in place of each object and array where the schema wants one, as some agents send it. */
export function withNestedText({ input: schema }: Operation, input: unknown): unknown {
  return schema
    ? textWithin(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }), input)
    : input
}

type JsonSchema = z.core.JSONSchema.JSONSchema

function textWithin({ properties = {}, items }: JsonSchema, value: unknown): unknown {
  const nested = (schema: unknown, inner: unknown) => {
    if (!isPlainObject(schema)) return inner
    const text = textWithin(schema, inner)
    const isWanted = schema.type === 'array' ? Array.isArray(inner) : schema.type === 'object' && isPlainObject(inner)
    return isWanted ? stringifyJson(text) : text
  }
  if (Array.isArray(value)) return value.map((item) => nested(items, item))
  if (!isPlainObject(value)) return value
  return objectOf(
    Object.entries(value).map(([name, inner]) => [
      name,
      nested(Object.hasOwn(properties, name) && properties[name], inner),
    ]),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
