import type { Operation, SchemaObject, Schemas } from './openapi-types.ts'

/** The same operation as a `GET`: every field of the input becomes a query parameter. */
export function queryVariant(post: Operation | undefined, input: Schemas[string] | undefined): Operation | undefined {
  if (!post || !input || '$ref' in input) return undefined
  const { requestBody: _, ...rest } = structuredClone(post)
  return {
    ...rest,
    operationId: `${post.operationId}-query`,
    summary: `${post.summary}, as a GET`,
    description: 'The same as the `POST`, its fields as query parameters.',
    parameters: Object.entries(input.properties ?? {}).map(([name, property]) => {
      const { description, ...schema } = property as SchemaObject
      const required = input.required?.includes(name) ?? false
      return { in: 'query', name, required, ...(description && { description }), schema }
    }),
  }
}
