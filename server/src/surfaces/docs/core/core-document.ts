import type { OpenAPIObject } from 'trpc-to-openapi'
import { appRouter } from '../../../procedures/router.ts'
import { createOpenApiDocument } from '../openapi-document.ts'
import type { Operation, Paths } from '../openapi-types.ts'
import { CORE_DESCRIPTION, CORE_TAGS } from './about-core.ts'
import { type CoreOperation, coreOperations } from './core-operations.ts'
import { CORE_ANSWER_HEADERS, CORE_REFUSAL, CORE_REFUSALS, coreRefusalsOf } from './core-refusals.ts'
import { CORE_REQUEST_HEADERS, coreRequestHeadersOf } from './core-request-headers.ts'
import { coreSchemas } from './core-schemas.ts'

/**
 * The OpenAPI 3.1 document of what a Core must answer. Bodies, answers and path parameters are those of the gateway's
 * own document, since the gateway passes them on.
 */
export function createCoreDocument(version: string): OpenAPIObject {
  const gateway = createOpenApiDocument(version)
  const operations = coreOperations(appRouter)
  const paths: Paths = {}
  for (const operation of operations) {
    const { path, method } = operation.route
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation, gateway) }
  }
  const tags = new Set(operations.flatMap(({ rest }) => rest.tags ?? []))
  return {
    openapi: '3.1.0',
    info: { ...gateway.info, title: 'Achilles Core, as the MCP Gateway asks it', description: CORE_DESCRIPTION },
    servers: [
      {
        url: '{ACHILLES_BASE_URL}',
        description: 'Where Core is.',
        variables: {
          ACHILLES_BASE_URL: {
            default: 'http://127.0.0.1:8000',
            description:
              'What the gateway’s setting of this name says. May end in a path; paths here are appended to it.',
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
        bearer: { type: 'http', scheme: 'bearer', description: 'The key that the gateway’s `ACHILLES_API_KEY` holds.' },
      },
      parameters: CORE_REQUEST_HEADERS,
      headers: CORE_ANSWER_HEADERS,
      responses: CORE_REFUSALS,
      schemas: { ...coreSchemas(paths, gateway.components?.schemas ?? {}), CoreRefusal: CORE_REFUSAL },
    },
  }
}

function describe(core: CoreOperation, gateway: OpenAPIObject): Operation {
  const { operation, rest, route } = core
  const same = gateway.paths?.[rest.path]?.[rest.method.toLowerCase() as 'get' | 'post' | 'patch']
  const { description, content } = same?.responses?.['200'] ?? {}
  const inPath = (same?.parameters ?? []).filter((parameter) => 'in' in parameter && parameter.in === 'path')
  return {
    operationId: operation.replaceAll('.', '-'),
    summary: rest.summary ?? operation,
    description: route.description ?? rest.description ?? '',
    tags: rest.tags ?? [],
    security: [{ bearer: [] }],
    parameters: [...inPath, ...coreRequestHeadersOf(core)],
    ...(same?.requestBody && { requestBody: same.requestBody }),
    responses: { 200: { description, content }, ...coreRefusalsOf(core) },
  }
}
