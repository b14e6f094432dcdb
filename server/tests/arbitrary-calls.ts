import { Agent, request } from 'node:http'
import type { Problem, ProblemIssue } from '@achilles/mcp-contract'
import { isPlainObject, stringifyJson } from '@achilles/mcp-contract'
import { objectOf } from './arbitrary-json.ts'
import { toSuperJson } from './arbitrary-wire.ts'
import { OPERATIONS, type Operation } from './operations.ts'
import type { Script, ScriptedCore } from './scripted-core.ts'
import { answeredBy, MCP_HEADERS, toolCall } from './tool-calls.ts'

/** What became of an input: the verdict on it, and what of it reached Core. */
export interface Outcome {
  status: number
  issues: ProblemIssue[] | undefined
  core: { method: string; url: string; text: string } | undefined
}

/** Sends inputs over every surface, many at once on connections that stay open. */
export interface Caller {
  rest(operation: Operation, input: unknown): Promise<Outcome>
  native(operation: Operation, input: unknown): Promise<Outcome>
  mcp(operation: Operation, input: unknown): Promise<Outcome>
  /** How many requests were sent. */
  sent(): number
  close(): void
}

const ANSWERS = new Map(OPERATIONS.map(({ core, answer }) => [`${core.method} ${core.path}`, JSON.stringify(answer)]))
const UPDATED = ANSWERS.get('PATCH /mcp/sessions/ses_8c41')

/** Lets the scripted Core answer each path as its operation's example does, and finds again what it saw by request id. */
export function startCaller(gatewayUrl: string, core: ScriptedCore): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  const seen = new Map<string, Outcome['core']>()
  let sent = 0

  const script: Script = ({ method, url, headers, text }, response) => {
    seen.set(String(headers['x-request-id']), { method, url, text })
    core.seen.length = 0
    const answer = ANSWERS.get(`${method} ${url}`) ?? (method === 'PATCH' ? UPDATED : undefined)
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(answer ?? '{}')
  }
  core.answer(script)

  async function call(
    method: string,
    path: string,
    body: string,
    problemIn: (status: number, text: string) => Problem | undefined,
  ): Promise<Outcome> {
    const id = `input-${++sent}`
    const { status, text } = await send(method, path, body, id)
    const core = seen.get(id)
    seen.delete(id)
    const problem = problemIn(status, text)
    return { status: problem?.status ?? status, issues: problem?.issues, core }
  }

  // Not fetch: it would resolve the dots of a path before they are sent.
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
    rest({ method, path }, input) {
      const { path: filled, body } = inPath(path, input)
      return call(method, `/api/achilles/v1/mcp${filled}`, stringifyJson(body), (status, text) =>
        status === 200 ? undefined : (JSON.parse(text) as Problem),
      )
    },
    native: ({ operation }, input) =>
      call('POST', `/trpc/${operation}`, JSON.stringify(toSuperJson(input)), (status, text) =>
        status === 200 ? undefined : (JSON.parse(text) as { error: { json: { data: Problem } } }).error.json.data,
      ),
    mcp: ({ operation }, input) =>
      call(
        'POST',
        '/mcp',
        toolCall(operation, stringifyJson(input)),
        (_status, text) => answeredBy(operation, text).problem,
      ),
    sent: () => sent,
    close: () => agent.destroy(),
  }
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
 * False for what REST has no way to say: a path parameter is text that is not empty, is no step (`.`, `..`) and has no
 * lone surrogate.
 */
export function canBeSaidOnRest({ path }: Operation, input: unknown): boolean {
  if (!path.includes('{') || !isObject(input)) return true
  const { session_id } = input
  return typeof session_id === 'string' && !['', '.', '..'].includes(session_id) && !LONE_SURROGATE.test(session_id)
}

/** False for what the Model Context Protocol has no way to say: a tool's arguments are an object. */
export const canBeSaidOverMcp = (input: unknown): boolean => isPlainObject(input)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
