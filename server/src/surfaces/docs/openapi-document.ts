import * as contract from '@achilles/mcp-contract'
import { PROBLEMS, type ProblemCode } from '@achilles/mcp-contract'
import { generateOpenApiDocument, type OpenAPIObject } from 'trpc-to-openapi'
import { z } from 'zod'
import { appRouter } from '../../procedures/router.ts'
import { REST_BASE, restRoutes } from '../rest/routes.ts'

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>
type SchemaObject = Exclude<Schemas[string], { $ref: string }>
type Operation = NonNullable<NonNullable<OpenAPIObject['paths']>[string]['get']>

const TAGS: Readonly<Record<string, string>> = {
  handshake: 'Negotiate once, before all else.',
  projects: 'The project that a workspace belongs to.',
  sessions: 'A stretch of work: opened, found again, brought to an end.',
  signals: 'Events in, insights out.',
  state: 'Pictures of a session’s state.',
  agents: 'How agents do.',
  errors: 'What may have caused an error.',
  health: 'Whether the gateway and Core are well.',
}

const DESCRIPTION = `What IDE extensions and agents tell Achilles Core while software is written.

The order of a day: **handshake → project → session → events → snapshots → insights → session completed**.
Requests are strict: an unknown key is refused with its path. Every error is one envelope, \`Problem\` (RFC 9457).
Send \`x-mcp-session-token\` from the handshake, and \`x-request-id\` to find your request in the logs; every answer names it.`

/** The OpenAPI 3.1 document of the REST surface, made once from the procedures. */
export function createOpenApiDocument(version: string): OpenAPIObject {
  const document = generateOpenApiDocument(appRouter, {
    title: 'Achilles MCP Gateway',
    version,
    description: DESCRIPTION,
    openApiVersion: '3.1.0',
    baseUrl: REST_BASE,
    securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key or a JWT.' } },
    defs: namedSchemas(),
  })
  document.tags = Object.entries(TAGS).map(([name, description]) => ({ name, description }))
  const schemas = document.components?.schemas ?? {}
  for (const name of Object.keys(schemas)) if (name.startsWith('error.')) delete schemas[name]
  for (const { operation: name, procedure, method, path } of restRoutes(appRouter)) {
    const [input] = procedure._def.inputs
    const id = input instanceof z.ZodType ? input.meta()?.id : undefined
    const item = document.paths?.[path]
    const key = method.toLowerCase() as 'get' | 'post' | 'patch'
    const operation = item?.[key] ?? queryVariant(item?.post, id ? (schemas[id] as SchemaObject) : undefined)
    if (!item || !operation) throw new Error(`${name} is missing from the OpenAPI document`)
    item[key] = operation
    if (id) nameRequestSchema(operation, id, schemas)
    describeAnswers(operation, input !== undefined)
  }
  return document
}

/** Every schema of the contract that has a name, requests included, which trpc-to-openapi would write inline. */
function namedSchemas(): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.values(contract).flatMap((value) => {
      const id = value instanceof z.ZodType ? value.meta()?.id : undefined
      return id === undefined ? [] : [[id, value as z.ZodType]]
    }),
  )
}

/** A body that is a whole schema of the contract moves to its component; one that lacks the path's parameters stays. */
function nameRequestSchema({ requestBody, parameters = [] }: Operation, id: string, schemas: Schemas): void {
  if (!requestBody || '$ref' in requestBody || parameters.length > 0) return
  const { schema } = requestBody.content['application/json'] ?? {}
  if (schema) schemas[id] = schema
  requestBody.content['application/json'] = { schema: { $ref: `#/components/schemas/${id}` } }
}

/** The same operation as a `GET`: every field of the input becomes a query parameter. */
function queryVariant(post: Operation | undefined, input: SchemaObject | undefined): Operation | undefined {
  if (!post || !input) return undefined
  const { requestBody: _, ...rest } = structuredClone(post)
  return {
    ...rest,
    operationId: `${post.operationId}-query`,
    parameters: Object.entries(input.properties ?? {}).map(([name, schema]) => ({
      in: 'query',
      name,
      required: input.required?.includes(name) ?? false,
      schema,
    })),
  }
}

const COMMON: ProblemCode[] = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'TOO_MANY_REQUESTS',
  'INTERNAL_SERVER_ERROR',
  'BAD_GATEWAY',
  'SERVICE_UNAVAILABLE',
  'GATEWAY_TIMEOUT',
]
const OF_INPUT: ProblemCode[] = ['BAD_REQUEST', 'NOT_FOUND', 'CONFLICT', 'UNPROCESSABLE_CONTENT']
const OF_BODY: ProblemCode[] = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']

function describeAnswers(operation: Operation, hasInput: boolean): void {
  const local = operation.security === undefined
  const codes = local
    ? (['INTERNAL_SERVER_ERROR'] as const)
    : [...COMMON, ...(hasInput ? OF_INPUT : []), ...(operation.requestBody ? OF_BODY : [])]
  const problems = codes.map((code) => {
    const { status, title } = PROBLEMS[code]
    return [
      status,
      {
        description: title,
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]
  })
  operation.responses = { 200: operation.responses?.['200'], ...Object.fromEntries(problems) }
}
