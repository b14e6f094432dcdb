import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Command, nodeCommand } from '../server-process.ts'

/** The protocol of a call: REST at `REST_BASE`, or tRPC at `/trpc`. */
export type Surface = 'rest' | 'native'

interface ContenderSettings {
  port: number
  coreUrl: string
  coreApiKey: string
}

export interface Contender {
  name: string
  about: string
  surfaces: readonly Surface[]
  /** False if it forwards bodies without validation. */
  validates: boolean
  /** The names of the cases to measure. @default all cases on its surfaces */
  cases?: readonly string[]
  /** Needs a handshake first, from which it learns what Core prefers. */
  negotiates?: true
  command(settings: ContenderSettings): Command
}

const toEnvironment = ({ port, coreUrl, coreApiKey }: ContenderSettings) => ({
  PORT: String(port),
  CORE_URL: coreUrl,
  CORE_API_KEY: coreApiKey,
})

const gateway = ({ port, coreUrl, coreApiKey }: ContenderSettings, overrides: Record<string, string> = {}) =>
  nodeCommand(new URL('../../server/src/main.ts', import.meta.url), {
    HOST: '127.0.0.1',
    PORT: String(port),
    ACHILLES_BASE_URL: coreUrl,
    ACHILLES_API_KEY: coreApiKey,
    // High enough never to be reached, so that only the counting is measured.
    RATE_LIMIT_PER_MINUTE: '1000000000',
    METRICS_PORT: '0',
    GATEWAY_API_KEYS_FILE: fileURLToPath(new URL('./api-keys.json', import.meta.url)),
    LOG_LEVEL: 'info',
    ...overrides,
  })

const runScript = (name: string) => (settings: ContenderSettings) =>
  nodeCommand(new URL(name, import.meta.url), toEnvironment(settings))

const FASTAPI: Contender = {
  name: 'fastapi',
  about: 'the Python design: FastAPI 0.92, pydantic 1 (not compiled, as Debian ships it), httpx, uvicorn with uvloop',
  surfaces: ['rest'],
  validates: true,
  command: (settings) => ({
    file: '/usr/bin/python3',
    args: [
      ...['-m', 'uvicorn', 'app:app', '--host', '127.0.0.1', '--port', String(settings.port)],
      ...['--log-level', 'warning', '--no-access-log'],
    ],
    env: { PYTHONDONTWRITEBYTECODE: '1', ...toEnvironment(settings) },
    cwd: fileURLToPath(new URL('./fastapi', import.meta.url)),
  }),
}

/** This gateway first. Only the gateway has keys, limits, a log and metrics. */
export const CONTENDERS: readonly Contender[] = [
  {
    name: 'gateway',
    about: 'this gateway with all features on: API keys, rate limit, request log, metrics, retries, circuit',
    surfaces: ['rest', 'native'],
    validates: true,
    negotiates: true,
    command: (settings) => gateway(settings),
  },
  {
    name: 'gateway, no grouping',
    about: 'the same, every batch forwarded by itself',
    surfaces: ['rest', 'native'],
    validates: true,
    cases: ['REST batch of 50', 'native batch of 50', 'REST batch of 500'],
    negotiates: true,
    command: (settings) => gateway(settings, { GROUP_FORWARDING: 'off' }),
  },
  {
    name: 'docs-wired',
    about: 'the gateway’s libraries wired as their documentation shows: tRPC and trpc-to-openapi on Fastify, got',
    surfaces: ['rest', 'native'],
    validates: true,
    command: runScript('./docs-wired.ts'),
  },
  {
    name: 'hand-written',
    about: 'written by hand for speed: Fastify, the contract’s zod schemas, undici',
    surfaces: ['rest'],
    validates: true,
    command: runScript('./hand-written.ts'),
  },
  {
    name: 'pass-through',
    about: 'a reverse proxy that adds the key and looks at nothing: @fastify/http-proxy',
    surfaces: ['rest'],
    validates: false,
    command: runScript('./pass-through.ts'),
  },
  FASTAPI,
]

export function findContenders(): { contenders: readonly Contender[]; skipped: readonly string[] } {
  const missing = missingForFastapi()
  if (missing === undefined) return { contenders: CONTENDERS, skipped: [] }
  return {
    contenders: CONTENDERS.filter((contender) => contender !== FASTAPI),
    skipped: [`fastapi is skipped: ${missing}`],
  }
}

const FASTAPI_CHECK = `
import fastapi, httpx, httptools, pydantic, uvicorn, uvloop
assert pydantic.VERSION.startswith("1."), "pydantic is " + pydantic.VERSION
`

function missingForFastapi(): string | undefined {
  const { error, status, stderr } = spawnSync('/usr/bin/python3', ['-c', FASTAPI_CHECK], { encoding: 'utf8' })
  if (error) return error.message
  return status === 0 ? undefined : stderr.trim().split('\n').at(-1)
}
