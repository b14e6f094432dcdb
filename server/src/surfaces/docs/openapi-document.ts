import { generateOpenApiDocument, type OpenAPIObject } from 'trpc-to-openapi'
import { z } from 'zod'
import { appRouter } from '../../procedures/router.ts'
import { REST_BASE, type RestRoute, restRoutes } from '../rest/routes.ts'
import { DESCRIPTION, TAGS } from './about.ts'
import { ANSWER_HEADERS } from './answer-headers.ts'
import { CONTRACT_SCHEMAS, readable, readableSchemas } from './contract-schemas.ts'
import { finishOperation } from './finish-operation.ts'
import { nameRequestSchema } from './name-request-schema.ts'
import type { Paths, Schemas } from './openapi-types.ts'
import { PROBLEM_RESPONSES } from './problem-responses.ts'
import { queryVariant } from './query-variant.ts'
import { REQUEST_HEADERS } from './request-headers.ts'

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  description: 'An API key (`npm run -s keys -- add NAME`) or a JWT of the issuer that the gateway trusts.',
} as const

/**
 * The OpenAPI 3.1 document of the REST surface, made once from the procedures.
 * @param publicUrl where callers reach the gateway; by default calls go to the gateway that served the document
 */
export function createOpenApiDocument(version: string, publicUrl?: string): OpenAPIObject {
  const { paths = {}, components } = generateOpenApiDocument(appRouter, {
    title: '',
    version,
    openApiVersion: '3.1.0',
    baseUrl: REST_BASE,
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
        ? { url: REST_BASE, description: 'The gateway that served this document.' }
        : { url: publicUrl + REST_BASE, description: 'This gateway.' },
    ],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description, 'x-displayName': titleOf(name) })),
    ...finish(paths, components?.schemas ?? {}),
  }
}

function finish(paths: Paths, generated: Schemas): Pick<OpenAPIObject, 'paths' | 'components'> {
  const routes = restRoutes(appRouter)
  for (const route of routes) nameRequestSchema(paths[route.path]?.[keyOf(route)], inputId(route), generated)
  const schemas = readableSchemas(generated)
  for (const route of routes) {
    const item = paths[route.path]
    const operation = item?.[keyOf(route)] ?? queryVariant(item?.post, schemas[inputId(route) ?? ''])
    if (!item || !operation) throw new Error(`${route.operation} is missing from the OpenAPI document`)
    item[keyOf(route)] = finishOperation(operation, route)
  }
  return {
    paths: readable(paths) as Paths,
    components: {
      securitySchemes: { bearer: BEARER },
      parameters: REQUEST_HEADERS,
      headers: ANSWER_HEADERS,
      responses: PROBLEM_RESPONSES,
      schemas,
    },
  }
}

const titleOf = (tag: string) => tag.charAt(0).toUpperCase() + tag.slice(1)

const keyOf = ({ method }: RestRoute) => method.toLowerCase() as 'get' | 'post' | 'patch'

function inputId({ procedure }: RestRoute): string | undefined {
  const [input] = procedure._def.inputs
  return input instanceof z.ZodType ? input.meta()?.id : undefined
}
