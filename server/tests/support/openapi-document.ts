import { z } from 'zod'
import { createCoreDocument } from '../../src/openapi/core-document.ts'
import { createOpenApiDocument } from '../../src/openapi/gateway-document.ts'
import { version } from '../../src/version.ts'

interface Ref {
  $ref?: string
}

/** The fields of an operation that the tests use. */
interface DocumentedOperation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security?: Record<string, string[]>[]
  parameters?: ({ in: string; name: string; required?: boolean; example?: unknown; schema: unknown } & Ref)[]
  requestBody?: { content: { 'application/json': { schema: Ref; example: unknown } } }
  responses: Record<string, DocumentedResponse & Ref>
}

interface DocumentedResponse {
  description: string
  headers: Record<string, Ref & { schema: unknown }>
  content: Record<string, { schema: Ref; examples?: Record<string, { value: unknown }> }>
}

/** The fields of the OpenAPI document that the tests use. */
export interface Document {
  openapi: string
  info: { title: string; version: string; description: string; contact: { url: string } }
  servers: { url: string; description: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, DocumentedOperation>>
  components: {
    schemas: Record<string, { examples?: unknown[] }>
    parameters: Record<string, { name: string; schema: object; example?: unknown }>
    headers: Record<string, { schema: object; example: unknown }>
    responses: Record<string, DocumentedResponse>
    securitySchemes: Record<string, unknown>
  }
}

export const openApiDocument = (): Document => JSON.parse(JSON.stringify(createOpenApiDocument(version)))

/** The document of the API that a Core must have. */
export const coreDocument = (): Document => JSON.parse(JSON.stringify(createCoreDocument(version)))

/** Creates a validator from the document alone (JSON Schema 2020-12). */
export function validatorOf({ components: { schemas } }: Document, schema: object): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: schemas }).replaceAll('#/components/schemas/', '#/$defs/')
  return z.fromJSONSchema(JSON.parse(text))
}

/** Resolves a reference; returns anything else unchanged. */
export function resolveRef<Part extends object>(document: Document, part: Part & Ref): Part {
  if (part.$ref === undefined) return part
  const steps = part.$ref.replace('#/', '').split('/')
  return steps.reduce((found, step) => (found as Record<string, unknown>)[step], document as unknown) as Part
}

/** Every operation with its method and path. */
export const operationsOf = (document: Document) =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
