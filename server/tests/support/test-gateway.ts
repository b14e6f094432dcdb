import { Writable } from 'node:stream'
import type { AgentSource } from '@achilles/agent-sources'
import type { Problem } from '@achilles/mcp-contract'
import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import type { Config } from '../../src/config.ts'
import { type Gateway, startGateway } from '../../src/runtime/gateway.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import type { Tracing } from '../../src/telemetry/telemetry.ts'
import { answeredBy, MCP_HEADERS, toolCall } from './tool-calls.ts'

type RequestLine = Record<string, unknown>

/** A gateway on a free loopback port whose log lines are recorded. */
export interface TestGateway extends Omit<Gateway, 'close'> {
  close(graceMs?: number): Promise<boolean>
  log: string[]
  /** The request lines of the log, which `log` does not include. */
  requests: RequestLine[]
  metrics: Metrics
  /** Calls a REST path, relative to the base path. */
  rest(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Calls a procedure natively with `POST`; `meta` is superjson's. */
  native(operation: string, input?: unknown, meta?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Calls a procedure's tool; an error has the status of its problem. */
  mcp(operation: string, input?: unknown, headers?: Record<string, string>): Promise<Answer>
}

/** A response of any surface in a common format. */
export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The returned value, if it is not an error. */
  value: unknown
  problem: Problem | undefined
}

interface TestSettings {
  upstream?: Partial<Config['upstream']>
  auth?: Partial<Config['auth']>
  maxBodyBytes?: number
  pingMs?: number
  tracing?: Tracing
  /** Default: those of the gateway. */
  agentSources?: readonly AgentSource[]
}

const SETTINGS = {
  host: '127.0.0.1',
  port: 0,
  upstream: {
    // More than a busy machine takes for a call.
    timeoutMs: 20_000,
    maxRetries: 2,
    deadlineMs: 40_000,
    maxInFlight: 128,
    maxQueued: 128,
    // All tests must pass with either value.
    groupForwarding: process.env.TEST_GROUP_FORWARDING !== 'off',
  },
  maxBodyBytes: 5 * 1024 * 1024,
  auth: {
    apiKeysFile: undefined,
    tokens: undefined,
    open: false,
    publicUrl: undefined,
    corsOrigins: [],
    ratePerMinute: 0,
    redisUrl: undefined,
  },
}

export async function startTestGateway(
  core: { url: string; apiKey?: string },
  { upstream, auth, tracing, agentSources, ...settings }: TestSettings = {},
): Promise<TestGateway> {
  const log: string[] = []
  const requests: RequestLine[] = []
  const lines = new Writable({
    write(chunk, _encoding, done) {
      const line = JSON.parse(String(chunk))
      if (line.msg === 'request') requests.push(line)
      else log.push(String(chunk))
      done()
    },
  })
  const telemetry = { log: createLog('info', lines), metrics: createMetrics(), tracing }
  const gateway = await startGateway(
    { ...SETTINGS, ...settings, upstream: { ...SETTINGS.upstream, ...upstream }, auth: { ...SETTINGS.auth, ...auth } },
    { baseUrl: core.url, apiKey: core.apiKey ?? 'core-key' },
    telemetry,
    agentSources && { agentSources },
  )
  const base = `${gateway.url}/api/achilles/v1/mcp`
  const json = { 'content-type': 'application/json' }
  return {
    ...gateway,
    // Short, since there is no need to wait for fetch's idle connections.
    close: (graceMs = 50) => gateway.close(graceMs),
    log,
    requests,
    metrics: telemetry.metrics,
    async rest(method, path, body, headers) {
      const init = body === undefined ? { headers } : { body: encode(body), headers: { ...json, ...headers } }
      return readRest(await fetch(base + path, { method, ...init } as RequestInit))
    },
    async native(operation, input, meta, headers) {
      const body = encode(input === undefined ? {} : { json: input, ...(meta !== undefined && { meta }) })
      const init = { method: 'POST', body, headers: { ...json, ...headers } }
      return readNative(await fetch(`${gateway.url}/trpc/${operation}`, init))
    },
    async mcp(operation, input, headers) {
      const init = { method: 'POST', body: toolCall(operation, encode(input ?? {})) }
      return readMcp(await fetch(`${gateway.url}/mcp`, { ...init, headers: { ...MCP_HEADERS, ...headers } }), operation)
    },
  }
}

const encode = (body: unknown) => (typeof body === 'string' ? body : stringifyJson(body))

async function readRest(response: Response): Promise<Answer> {
  const { status, headers } = response
  const text = await response.text()
  const value = text === '' ? undefined : parseJson(text)
  return { status, headers, text, value, problem: status >= 400 ? (value as Problem) : undefined }
}

async function readNative(response: Response): Promise<Answer> {
  const { status, headers } = response
  const text = await response.text()
  const envelope = parseJson(text) as { result?: { data: { json: unknown } }; error?: { json: { data: Problem } } }
  return { status, headers, text, value: envelope.result?.data.json, problem: envelope.error?.json.data }
}

async function readMcp(response: Response, operation: string): Promise<Answer> {
  const { status, headers } = response
  const text = await response.text()
  if (status !== 200) return { status, headers, text, value: undefined, problem: parseJson(text) as Problem }
  const { value, problem } = answeredBy(operation, text)
  return { status: problem?.status ?? status, headers, text, value, problem }
}
