import { SESSION } from '../core/responses.ts'

/** The largest body that the gateway accepts, in bytes: the default of `MAX_BODY_BYTES`. */
export const BODY_LIMIT = 5 * 2 ** 20

/** A body that costs the gateway as much as possible, or the regular one to compare with. */
export interface HostileBody {
  name: string
  path: string
  write(): string
}

const REST = '/api/achilles/v1/mcp'
const { external_session_key, user_id, workspace_id, start_time } = SESSION
const SESSION_START = JSON.stringify({ external_session_key, user_id, workspace_id, start_time }).slice(0, -1)
const EVENT = '"event_type":"error","source_type":"ide","session_id":"s","timestamp":"2026-03-02T09:00:00Z"'
const WORKSPACE = '"workspace_id":"w","workspace_root":"/"'

/** A request to create a session, with one more member. */
const ON_SURFACES: [surface: string, path: string, write: (member: string) => string][] = [
  ['REST', `${REST}/sessions`, (member) => `${SESSION_START},${member}}`],
  ['native', '/trpc/sessions.create', (member) => `{"json":${SESSION_START},${member}}}`],
  [
    'MCP',
    '/mcp',
    (member) =>
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sessions_create","arguments":${SESSION_START},${member}}}}`,
  ],
]

function fill(bytes: number, part: (index: number) => string, most = Number.POSITIVE_INFINITY): string {
  const parts: string[] = []
  let length = 0
  for (let index = 0; index < most; index++) {
    const next = part(index)
    length += next.length + 1
    if (length > bytes) break
    parts.push(next)
  }
  return parts.join()
}

// Just below the 250,000 tokens that a body may hold, so that it is parsed.
const ALMOST_TOKENS = 249_900
const key = (index: number) => `"${index.toString(36)}":1`

const VALUES: [name: string, member: (bytes: number) => string][] = [
  ['1e999, 870,000 times', (bytes) => `"config_snapshot":{"a":[${fill(bytes, () => '1e999')}]}`],
  ['1e999, up to the token limit', (bytes) => `"config_snapshot":{"a":[${fill(bytes, () => '1e999', ALMOST_TOKENS)}]}`],
  [
    'numbers of 17 digits',
    (bytes) => `"config_snapshot":{"a":[${fill(bytes, () => '0.12345678901234567', ALMOST_TOKENS)}]}`,
  ],
  ['numbers of 512 digits', (bytes) => `"config_snapshot":{"a":[${fill(bytes, () => '9'.repeat(512))}]}`],
  ['one number', (bytes) => `"config_snapshot":{"a":${'9'.repeat(bytes)}}`],
  ['one number of zeros', (bytes) => `"config_snapshot":{"a":1.${'0'.repeat(bytes)}1}`],
  ['700,000 keys', (bytes) => `"config_snapshot":{${fill(bytes, key)}}`],
  ['keys, up to the token limit', (bytes) => `"config_snapshot":{${fill(bytes, key, ALMOST_TOKENS / 2)}}`],
  [
    'long keys',
    (bytes) => `"config_snapshot":{${fill(bytes, (index) => `"${'k'.repeat(30)}${index}":1`, ALMOST_TOKENS / 2)}}`,
  ],
  ['unknown keys', (bytes) => fill(bytes, key, ALMOST_TOKENS / 2)],
  ['empty objects', (bytes) => `"config_snapshot":{"a":[${fill(bytes, () => '{}', ALMOST_TOKENS / 2)}]}`],
  ['wrong tags', (bytes) => `"tags":[${fill(bytes, () => '1', ALMOST_TOKENS)}]`],
  ['unclosed brackets', (bytes) => `"config_snapshot":${'['.repeat(bytes)}`],
  ['levels, up to the token limit', () => `"config_snapshot":${'['.repeat(ALMOST_TOKENS)}${']'.repeat(ALMOST_TOKENS)}`],
  ['escapes', (bytes) => `"config_snapshot":{"a":"${'\\u0000'.repeat(bytes / 6)}"}`],
  ['backslashes beside a long number', (bytes) => `"config_snapshot":{"a":"${'\\\\'.repeat(bytes / 2)}","b":1e999}`],
  ['a long id', (bytes) => `"project_id":"${'x'.repeat(bytes)}"`],
  ['a long time', (bytes) => `"end_time":"2026-03-02T09:00:00.${'1'.repeat(bytes)}"`],
  ['spaces', (bytes) => `"config_snapshot":{"a":[${' '.repeat(bytes)}]}`],
]

const OTHERS: [name: string, path: string, write: (bytes: number) => string][] = [
  [
    'REST: wrong labels',
    `${REST}/projects/resolve`,
    (bytes) => `{${WORKSPACE},"labels":{${fill(bytes, key, ALMOST_TOKENS / 2)}}}`,
  ],
  [
    'REST: 1,000 events, all wrong',
    `${REST}/signals/events/batch`,
    (bytes) => `{"events":[${fill(bytes, () => `{${fill(200, key, 100)}}`, 1_000)}]}`,
  ],
  [
    'REST: events, up to the token limit',
    `${REST}/signals/events/batch`,
    (bytes) => `{"events":[${fill(bytes, () => '{}', ALMOST_TOKENS / 2)}]}`,
  ],
  [
    'native: a path of backslashes',
    '/trpc/sessions.create',
    (bytes) => `{"json":${SESSION_START}},"meta":{"values":{"${'\\\\'.repeat(bytes / 2)}":["Date"]}}}`,
  ],
  [
    'native: paths of backslashes',
    '/trpc/sessions.create',
    (bytes) => {
      const path = (index: number) => `"${'\\\\'.repeat(8_000)}${index}":["Date"]`
      return `{"json":${SESSION_START}},"meta":{"values":{${fill(bytes, path)}}}}`
    },
  ],
  [
    'native: revived values',
    '/trpc/sessions.create',
    (bytes) => {
      const list = fill(bytes / 3, () => '"1"', ALMOST_TOKENS / 4)
      const values = fill(bytes / 2, (index) => `"config_snapshot.a.${index}":["bigint"]`, ALMOST_TOKENS / 4)
      return `{"json":${SESSION_START},"config_snapshot":{"a":[${list}]}},"meta":{"values":{${values}}}}`
    },
  ],
  [
    'native: equalities',
    '/trpc/sessions.create',
    (bytes) =>
      `{"json":${SESSION_START}},"meta":{"referentialEqualities":{"a":[${fill(bytes, () => '"a.b"', ALMOST_TOKENS)}]}}}`,
  ],
  [
    'native: 20 calls of one body',
    `/trpc/${Array(20).fill('sessions.create').join()}?batch=1`,
    (bytes) => {
      const call = (index: number) => `"${index}":{"json":{${fill(bytes / 21, key, ALMOST_TOKENS / 42)}}}`
      return `{${fill(bytes, call, 20)}}`
    },
  ],
]

/** The largest body of a regular client: 1,000 events, up to the limit. */
const REGULAR: HostileBody = {
  name: 'REST: 1,000 regular events',
  path: `${REST}/signals/events/batch`,
  write: () =>
    `{"events":[${fill(
      BODY_LIMIT - 100,
      (index) =>
        `{"event_id":"e${index}",${EVENT},"payload":{${fill(5_000, (key) => `"key_${key}":"${'x'.repeat(60)}"`)}}}`,
      1_000,
    )}]}`,
}

/** The regular one first. Each is as long as the limit, or has as many tokens as are accepted. */
export const hostileBodies = (): HostileBody[] => [
  REGULAR,
  ...ON_SURFACES.flatMap(([surface, path, write]) =>
    VALUES.map(([name, member]) => ({
      name: `${surface}: ${name}`,
      path,
      write: () => write(member(BODY_LIMIT - 500)),
    })),
  ),
  ...OTHERS.map(([name, path, write]) => ({ name, path, write: () => write(BODY_LIMIT - 500) })),
]
