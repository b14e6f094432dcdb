import { generateOpenApiDocument, type OpenAPIObject } from 'trpc-to-openapi'
import { z } from 'zod'
import { PATHS } from '../http/paths.ts'
import { listRestRoutes, type RestRoute } from '../procedures/list-procedures.ts'
import type { ProcedureMeta } from '../procedures/procedure.ts'
import { appRouter } from '../procedures/router.ts'
import { DESCRIPTION, TAGS } from './descriptions.ts'
import {
  getRequestHeaders,
  getResponseHeaders,
  PARTIAL_SUCCESS_HEADERS,
  REQUEST_HEADERS,
  RESPONSE_HEADERS,
} from './headers.ts'
import { PROBLEM_RESPONSES, problemResponseRef } from './problem-responses.ts'
import {
  CONTRACT_SCHEMAS,
  type Operation,
  type Paths,
  type SchemaObject,
  type Schemas,
  simplify,
  simplifySchemas,
} from './schemas.ts'

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  description: 'An API key (`npm run -s keys -- add NAME`) or a JWT from the configured issuer.',
} as const

/** @param publicUrl the URL that callers use. Default: the URL the document was read from */
export function createOpenApiDocument(version: string, publicUrl?: string): OpenAPIObject {
  const { paths = {}, components } = generateOpenApiDocument(appRouter, {
    title: '',
    version,
    openApiVersion: '3.1.0',
    baseUrl: PATHS.rest,
    securitySchemes: { bearer: BEARER },
    defs: { ...CONTRACT_SCHEMAS },
  })
  return {
    openapi: '3.1.0',
    info: {
      title: 'Achilles MCP Gateway',
      description: DESCRIPTION,
      version,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      publicUrl === undefined
        ? { url: PATHS.rest, description: 'The gateway that served this document.' }
        : { url: publicUrl + PATHS.rest, description: 'This gateway.' },
    ],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description, 'x-displayName': toTitle(name) })),
    ...finish(paths, components?.schemas ?? {}),
  }
}

function finish(paths: Paths, generated: Schemas): Pick<OpenAPIObject, 'paths' | 'components'> {
  const routes = listRestRoutes(appRouter)
  for (const route of routes) nameRequestSchema(paths[route.path]?.[toMethodKey(route)], getInputId(route), generated)
  const schemas = simplifySchemas(generated)
  for (const route of routes) {
    const item = paths[route.path]
    const operation = item?.[toMethodKey(route)] ?? queryVariant(item?.post, schemas[getInputId(route) ?? ''])
    if (!item || !operation) throw new Error(`${route.operation} is missing from the OpenAPI document`)
    item[toMethodKey(route)] = finishOperation(operation, route)
  }
  return {
    paths: simplify(paths) as Paths,
    components: {
      securitySchemes: { bearer: BEARER },
      parameters: REQUEST_HEADERS,
      headers: RESPONSE_HEADERS,
      responses: PROBLEM_RESPONSES,
      schemas,
    },
  }
}

const toTitle = (tag: string) => tag.charAt(0).toUpperCase() + tag.slice(1)

const toMethodKey = ({ method }: RestRoute) => method.toLowerCase() as 'get' | 'post' | 'patch'

function getInputId({ procedure }: RestRoute): string | undefined {
  const [input] = procedure._def.inputs
  return input instanceof z.ZodType ? input.meta()?.id : undefined
}

function finishOperation(operation: Operation, route: RestRoute): Operation {
  const { type, inputs } = route.procedure._def
  const { output } = route.procedure._def as { output?: unknown }
  const { openapi } = route.procedure._def.meta as ProcedureMeta
  const callsCore = openapi?.protect !== false
  const writes = type === 'mutation'
  const admitsPartialSuccess = route.operation === 'signals.ingestBatch'
  const isHandshake = route.operation === 'handshake'
  const headers = getRequestHeaders({ callsCore, writes, isHandshake, admitsPartialSuccess })
  // All operations reject invalid idempotency keys (400) and, if no credentials are set, non-local callers (403).
  const common = [400, 403, 429, 500]
  const statuses = [
    ...common,
    ...(callsCore ? [401, 502, 503, 504] : []),
    ...(writes ? [409] : []),
    ...(inputs.length > 0 ? [422] : []),
    ...(operation.requestBody ? [413, 415] : []),
  ]
  const own = Object.entries(openapi?.errorResponses ?? {})
  return {
    ...operation,
    ...(!callsCore && { security: [] }),
    parameters: [...(operation.parameters ?? []), ...headers],
    responses: {
      200: {
        ...operation.responses?.['200'],
        ...getDescription(output),
        headers: { ...getResponseHeaders(200), ...(admitsPartialSuccess && PARTIAL_SUCCESS_HEADERS) },
      },
      ...Object.fromEntries(statuses.map((status) => [status, problemResponseRef(status)])),
      ...Object.fromEntries(
        own.map(([status, description]) => [status, problemResponseRef(Number(status), description)]),
      ),
      ...(callsCore && { default: problemResponseRef('default') }),
    },
  }
}

function getDescription(output: unknown): { description?: string } {
  const description = output instanceof z.ZodType ? output.meta()?.description : undefined
  return description === undefined ? {} : { description }
}

/** Moves a body's schema to the component `id`, without path parameters: REST rejects them in the body. */
function nameRequestSchema(operation: Operation | undefined, id: string | undefined, schemas: Schemas): void {
  const { requestBody } = operation ?? {}
  if (!requestBody || '$ref' in requestBody || id === undefined) return
  const { schema } = requestBody.content['application/json'] ?? {}
  if (schema) schemas[id] = schema
  requestBody.content = { 'application/json': { schema: { $ref: `#/components/schemas/${id}` } } }
}

/** Turns each input field into a query parameter. */
function queryVariant(post: Operation | undefined, input: Schemas[string] | undefined): Operation | undefined {
  if (!post || !input || '$ref' in input) return undefined
  const { requestBody: _, ...rest } = structuredClone(post)
  return {
    ...rest,
    operationId: `${post.operationId}-query`,
    summary: `${post.summary}, as a GET`,
    description: 'The same as the `POST`, with its fields as query parameters.',
    parameters: Object.entries(input.properties ?? {}).map(([name, property]) => {
      const { description, ...schema } = property as SchemaObject
      const required = input.required?.includes(name) ?? false
      return { in: 'query', name, required, ...(description && { description }), schema }
    }),
  }
}
