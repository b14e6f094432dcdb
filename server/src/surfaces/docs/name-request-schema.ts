import type { Operation, Schemas } from './openapi-types.ts'

/**
 * Moves a request's body to the component of that name, and puts a reference in its place. A field that stands in the
 * path is not in the body, so not in the component either: it is what REST takes.
 */
export function nameRequestSchema(operation: Operation | undefined, id: string | undefined, schemas: Schemas): void {
  const { requestBody } = operation ?? {}
  if (!requestBody || '$ref' in requestBody || id === undefined) return
  const { schema } = requestBody.content['application/json'] ?? {}
  if (schema) schemas[id] = schema
  requestBody.content = { 'application/json': { schema: { $ref: `#/components/schemas/${id}` } } }
}
