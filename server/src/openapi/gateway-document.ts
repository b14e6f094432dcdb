import { generateOpenApiDocument, type OpenAPIObject } from 'trpc-to-openapi'
import { z } from 'zod'
import { PATHS } from '../http/paths.ts'
import { listRestRoutes, type RestRoute } from '../procedures/list-procedures.ts'
import type { ProcedureMeta } from '../procedures/procedure.ts'
import { appRouter } from '../procedures/router.ts'
import { type Access, describeAuthentication } from './authentication.ts'
import { describeStream, toQueryParameters } from './describe-stream.ts'
import { createDescription, TAGS } from './descriptions.ts'
import {
  getRequestHeaders,
  getResponseHeaders,
  OPTIONAL_REQUEST_HEADERS,
  PARTIAL_SUCCESS_HEADERS,
  RESPONSE_HEADERS,
} from './headers.ts'
import { PROBLEM_RESPONSES, problemResponseRef } from './problem-responses.ts'
import {
  CONTRACT_SCHEMAS,
  type Operation,
  type Paths,
  type SchemaObject,
  type Schemas,
  separateDefaults,
  simplify,
  simplifySchemas,
} from './schemas.ts'

/** The issues page of the repository that package.json names. */
const ISSUES_URL = 'https://github.com/achilles/achilles-mcp-gateway/issues'

export interface DocumentOptions {
  /** The URL that callers use. Default: the URL the document was read from. */
  publicUrl?: string | undefined
  /** Default: credentials are optional, since one gateway requires them and another one does not. */
  access?: Access | undefined
}

export function createOpenApiDocument(version: string, options: DocumentOptions = {}): OpenAPIObject {
  const { components, ...document } = describeGateway(version, options)
  return { ...document, components: { ...components, schemas: separateDefaults(components?.schemas ?? {}) } }
}

/** The document with each default where its property is. */
export function describeGateway(version: string, { publicUrl, access }: DocumentOptions = {}): OpenAPIObject {
  const { paths = {}, components } = generateOpenApiDocument(appRouter, {
    title: '',
    version,
    openApiVersion: '3.1.0',
    baseUrl: PATHS.rest,
    defs: { ...CONTRACT_SCHEMAS },
    // The generator rejects subscriptions.
    filter: ({ metadata }) => metadata.stream === undefined,
  })
  const { summary, scheme, security } = describeAuthentication(access)
  const finished = finish(paths, components?.schemas ?? {}, security)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Achilles MCP Gateway',
      description: createDescription(summary),
      version,
      contact: { name: 'Achilles MCP Gateway on GitHub', url: ISSUES_URL },
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      publicUrl === undefined
        ? { url: PATHS.rest, description: 'The gateway that served this document.' }
        : { url: publicUrl + PATHS.rest, description: 'This gateway.' },
    ],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description, 'x-displayName': toTitle(name) })),
    paths: finished.paths,
    components: {
      ...(scheme && { securitySchemes: { bearer: scheme } }),
      parameters: OPTIONAL_REQUEST_HEADERS,
      headers: RESPONSE_HEADERS,
      responses: PROBLEM_RESPONSES,
      schemas: finished.schemas,
    },
  }
}

function finish(paths: Paths, generated: Schemas, security: Operation['security']): { paths: Paths; schemas: Schemas } {
  const routes = listRestRoutes(appRouter)
  for (const route of routes) nameRequestSchema(paths[route.path]?.[toMethodKey(route)], getInputId(route), generated)
  const schemas = simplifySchemas(generated)
  for (const route of routes) {
    const inputId = getInputId(route) ?? ''
    const input = schemas[inputId]
    if (route.meta.stream) {
      paths[route.path] = { get: describeStream(route, input) }
      // It has no body that would refer to it.
      delete schemas[inputId]
    }
    const item = paths[route.path]
    const operation = item?.[toMethodKey(route)] ?? queryVariant(item?.post, input)
    if (!item || !operation) throw new Error(`${route.operation} is missing from the OpenAPI document`)
    item[toMethodKey(route)] = finishOperation(withBodyExample(operation, input), route, security)
  }
  return { paths: simplify(paths) as Paths, schemas }
}

const toTitle = (tag: string) => tag.charAt(0).toUpperCase() + tag.slice(1)

const toMethodKey = ({ method }: RestRoute) => method.toLowerCase() as 'get' | 'post' | 'patch'

function getInputId({ procedure }: RestRoute): string | undefined {
  const [input] = procedure._def.inputs
  return input instanceof z.ZodType ? input.meta()?.id : undefined
}

/** The procedure's name in camel case: `sessions.create` is `sessionsCreate`. */
export const toOperationId = (name: string): string =>
  name.replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase())

function finishOperation(operation: Operation, route: RestRoute, security: Operation['security']): Operation {
  const { type, inputs } = route.procedure._def
  const { output } = route.procedure._def as { output?: unknown }
  const { openapi } = route.procedure._def.meta as ProcedureMeta
  const callsCore = openapi?.protect !== false
  const writes = type === 'mutation'
  const admitsPartialSuccess = route.operation === 'signals.ingestBatch'
  const isHandshake = route.operation === 'handshake'
  const isStream = route.meta.stream !== undefined
  const headers = getRequestHeaders({ callsCore, writes, isHandshake, isStream, admitsPartialSuccess })
  // All operations reject invalid idempotency keys (400) and, if no credentials are set, non-local callers (403).
  const common = [400, 403, 429, 500]
  const statuses = [
    ...common,
    ...(callsCore ? [401, 502, 503] : []),
    // A stream stays open while Core does not respond.
    ...(callsCore && !isStream ? [504] : []),
    ...(writes ? [409] : []),
    ...(inputs.length > 0 ? [422] : []),
    ...(operation.requestBody ? [413, 415] : []),
  ]
  const own = Object.entries(openapi?.errorResponses ?? {})
  const { security: _, ...rest } = operation
  return {
    ...rest,
    operationId: toOperationId(operation.operationId ?? route.operation),
    ...(security && { security: callsCore ? security : [] }),
    parameters: [...withExamples(operation.parameters ?? [], route), ...headers],
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

/** Repeats the example of the body's schema, where tools for OpenAPI 3.0 look for it. */
function withBodyExample(operation: Operation, input: Schemas[string] | undefined): Operation {
  const { requestBody } = operation
  if (!requestBody || '$ref' in requestBody) return operation
  const { examples: [example] = [] } = input as SchemaObject
  const body = { ...requestBody.content['application/json'], example }
  return { ...operation, requestBody: { ...requestBody, content: { 'application/json': body } } }
}

/** Adds examples to the required parameters, which tools that send requests need. */
function withExamples(parameters: NonNullable<Operation['parameters']>, { procedure }: RestRoute): typeof parameters {
  const [input] = procedure._def.inputs
  const [example] = ((input instanceof z.ZodType && input.meta()?.examples) || []) as Record<string, unknown>[]
  return parameters.map((parameter) =>
    'name' in parameter && parameter.required ? { ...parameter, example: example?.[parameter.name] } : parameter,
  )
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
  if (!post || !input) return undefined
  const { requestBody: _, ...rest } = structuredClone(post)
  return {
    ...rest,
    operationId: `${post.operationId}-query`,
    summary: `${post.summary}, as a GET`,
    description: 'The same as the `POST`, with its fields as query parameters.',
    parameters: toQueryParameters(input),
  }
}
