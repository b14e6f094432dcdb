import type { OpenAPIObject } from 'trpc-to-openapi'
import { type CoreOperation, coreOperations } from '../procedures/list-procedures.ts'
import { appRouter } from '../procedures/router.ts'
import {
  CORE_ERROR_RESPONSES,
  CORE_ERROR_SCHEMA,
  CORE_RESPONSE_HEADERS,
  getCoreErrorResponses,
} from './core-error-responses.ts'
import { CORE_DESCRIPTION, CORE_TAGS } from './descriptions.ts'
import { describeGateway, toOperationId } from './gateway-document.ts'
import { REQUEST_HEADERS } from './headers.ts'
import type { Operation, Parameters, Paths, SchemaObject, Schemas } from './schemas.ts'

/** Bodies, responses and path parameters are those of the gateway's document, since the gateway passes them on. */
export function createCoreDocument(version: string): OpenAPIObject {
  const gateway = describeGateway(version)
  const operations = coreOperations(appRouter)
  const paths: Paths = {}
  for (const operation of operations) {
    const { path, method } = operation.route
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation, gateway) }
  }
  const tags = new Set(operations.flatMap(({ rest }) => rest.tags ?? []))
  return {
    openapi: '3.1.0',
    info: { ...gateway.info, title: 'Achilles Core, as called by the MCP Gateway', description: CORE_DESCRIPTION },
    servers: [
      {
        url: '{ACHILLES_BASE_URL}',
        description: 'The base URL of Core.',
        variables: {
          ACHILLES_BASE_URL: {
            default: 'http://127.0.0.1:8000',
            description: 'The gateway’s setting of this name. May end in a path; the paths here are appended to it.',
          },
        },
      },
    ],
    tags: (gateway.tags ?? [])
      .filter(({ name }) => tags.has(name))
      .map((tag) => ({ ...tag, description: CORE_TAGS[tag.name] ?? '' })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The value of the gateway’s `ACHILLES_API_KEY`.' },
      },
      parameters: CORE_REQUEST_HEADERS,
      headers: CORE_RESPONSE_HEADERS,
      responses: CORE_ERROR_RESPONSES,
      schemas: { ...coreSchemas(paths, gateway.components?.schemas ?? {}), CoreRefusal: CORE_ERROR_SCHEMA },
    },
  }
}

function describe(core: CoreOperation, gateway: OpenAPIObject): Operation {
  const { operation, rest, route } = core
  const same = gateway.paths?.[rest.path]?.[rest.method.toLowerCase() as 'get' | 'post' | 'patch']
  const { description, content } = same?.responses?.['200'] ?? {}
  const pathParameters = (same?.parameters ?? []).filter((parameter) => 'in' in parameter && parameter.in === 'path')
  return {
    operationId: toOperationId(operation),
    summary: rest.summary ?? operation,
    description: route.description ?? rest.description ?? '',
    tags: rest.tags ?? [],
    security: [{ bearer: [] }],
    parameters: [...pathParameters, ...getCoreRequestHeaders(core)],
    ...(same?.requestBody && { requestBody: same.requestBody }),
    responses: { 200: { description, content }, ...getCoreErrorResponses(core) },
  }
}

/** Replace the contract's descriptions, which are written for the gateway's callers. */
const CORE_DESCRIPTIONS: Readonly<Record<string, string>> = {
  HealthStatus: 'Core’s status.',
  MCPHealthResponse: 'Core’s health, and whether it accepts events.',
  'MCPHandshakeResponse.mcp_session_token': 'Sent back as `x-mcp-session-token`, if the caller sends it.',
  'MCPHandshakeResponse.max_payload_bytes': 'The largest request body, in bytes.',
  MCPEventBatch: '1–1000 events. No two have the same `event_id`, even in different sessions.',
  'MCPEvent.event_id':
    'Unique within its session: two sessions may both have an `e1`. The same event may arrive again.',
  'MCPEvent.timestamp': 'Time of the event: RFC 3339, with `Z` or an offset.',
  'MCPProjectResolve.create_if_missing': 'If false, a workspace without a project is a 404.',
  MCPSessionSnapshotRequest: 'A snapshot of a session’s state.',
  MCPAgentPerformanceSnapshot: 'An agent’s performance in a time window.',
  MCPErrorCorrelationRequest: 'Asks which of the given events may have caused an error.',
}

const FILLED_IN_EVENTS = new Set(['event_id', 'timestamp'])

const REFERENCE = /"#\/components\/schemas\/(\w+)"/g

/** The components that `part` refers to, directly or not, described for Core. */
function coreSchemas(part: unknown, schemas: Schemas): Schemas {
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
  return Object.fromEntries(kept.map(([name, schema]) => [name, describeForCore(name, schema as SchemaObject)]))
}

function describeForCore(id: string, schema: SchemaObject): SchemaObject {
  const { properties = {}, description } = schema
  const fields = Object.entries(properties).map(([name, property]) => {
    const { default: _, ...rest } = property as SchemaObject
    const description = CORE_DESCRIPTIONS[`${id}.${name}`]
    return [name, { ...rest, ...(description !== undefined && { description }) }] as const
  })
  // The gateway fills them in, so Core always gets these fields.
  const filledIn = Object.keys(properties).filter(
    (name) => 'default' in (properties[name] as SchemaObject) || (id === 'MCPEvent' && FILLED_IN_EVENTS.has(name)),
  )
  const required = Object.keys(properties).filter((name) => filledIn.includes(name) || schema.required?.includes(name))
  return {
    ...schema,
    description: CORE_DESCRIPTIONS[id] ?? description ?? '',
    ...(fields.length > 0 && { properties: Object.fromEntries(fields) }),
    ...(required.length > 0 && { required }),
  }
}

const { RequestId, IdempotencyKey, SessionToken, TraceParent, TraceState } = REQUEST_HEADERS

const CORE_REQUEST_HEADERS = {
  RequestId: {
    ...RequestId,
    description:
      'Identifies the request in the logs of gateway and Core: the caller’s id if it is valid, otherwise the gateway’s. The same for each attempt. Always present, except in the gateway’s own health requests.',
  },
  Client: {
    in: 'header',
    name: 'x-achilles-client',
    description:
      'The authenticated caller: the name of an API key, the `sub` of a token, or `anonymous`. Always present, except in the gateway’s own health requests.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
    example: 'my-extension',
  },
  Workspaces: {
    in: 'header',
    name: 'x-achilles-workspaces',
    description:
      'The only workspaces that the caller may access, separated by commas; absent if it may access all. Reject access to any other with `403`.',
    schema: { type: 'string' },
    example: 'ws-checkout,ws-billing',
  },
  IdempotencyKey: {
    ...IdempotencyKey,
    required: true,
    description:
      'The same for every attempt of a write, by the gateway and by its caller. It is the caller’s own if it sent one, so two callers may send the same: scope it by `x-achilles-client` and operation. Not sent with reads.',
  },
  SessionToken: { ...SessionToken, description: 'The token from the handshake, if the caller sends it.' },
  TraceParent: { ...TraceParent, description: 'The request’s position in a trace (W3C Trace Context).' },
  TraceState,
} satisfies Parameters

function getCoreRequestHeaders({ writes }: CoreOperation): NonNullable<Operation['parameters']> {
  return Object.keys(CORE_REQUEST_HEADERS)
    .filter((name) => writes || name !== 'IdempotencyKey')
    .map((name) => ({ $ref: `#/components/parameters/${name}` }))
}
