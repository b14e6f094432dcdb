import type { SchemaObject, Schemas } from '../openapi-types.ts'

/** Words that the contract has for the gateway's callers, and what the same means to Core. */
const WORDS: Readonly<Record<string, string>> = {
  HealthStatus: 'How Core is.',
  MCPHealthResponse: 'Whether Core is well and takes events.',
  'MCPHandshakeResponse.mcp_session_token': 'Comes back as `x-mcp-session-token`, where the caller sends it.',
  'MCPHandshakeResponse.max_payload_bytes': 'Bytes a request body may have at most.',
  MCPEventBatch: '1–1000 events, no `event_id` twice, also not for different sessions.',
  'MCPEvent.event_id':
    'Made by the client, unique within its session: two sessions may both have an `e1`. The same may come again.',
  'MCPProjectResolve.create_if_missing': 'False: a workspace that has no project is a 404.',
  MCPSessionSnapshotRequest: 'Keeps a picture of a session’s state.',
  MCPAgentPerformanceSnapshot: 'How an agent did in a window of time.',
  MCPErrorCorrelationRequest: 'Asks which of some events may have caused an error.',
}

const REFERENCE = /"#\/components\/schemas\/(\w+)"/g

/** Those of the contract's components that `part` of a document needs, directly or not, in words for Core. */
export function coreSchemas(part: unknown, schemas: Schemas): Schemas {
  const needed = new Set<string>()
  const collect = (value: unknown) => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(REFERENCE)) {
      const schema = schemas[name]
      if (!schema || needed.has(name)) continue
      needed.add(name)
      collect(schema)
    }
  }
  collect(part)
  const kept = Object.entries(schemas).filter(([name]) => needed.has(name))
  return Object.fromEntries(kept.map(([name, schema]) => [name, inWordsForCore(name, schema as SchemaObject)]))
}

function inWordsForCore(id: string, schema: SchemaObject): SchemaObject {
  const { properties = {}, description } = schema
  const fields = Object.entries(properties).map(([name, property]) => {
    const { default: _, ...rest } = property as SchemaObject
    const words = WORDS[`${id}.${name}`]
    return [name, { ...rest, ...(words !== undefined && { description: words }) }] as const
  })
  // The gateway fills them in.
  const defaulted = Object.entries(properties).filter(([, property]) => 'default' in property)
  const required = [...(schema.required ?? []), ...defaulted.map(([name]) => name)]
  return {
    ...schema,
    description: WORDS[id] ?? description ?? '',
    ...(fields.length > 0 && { properties: Object.fromEntries(fields) }),
    ...(required.length > 0 && { required }),
  }
}
