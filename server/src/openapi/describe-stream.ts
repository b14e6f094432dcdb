import type { RestRoute } from '../procedures/list-procedures.ts'
import type { Operation, SchemaObject, Schemas } from './schemas.ts'

/** Describes a subscription, whose input fields are query parameters, as a `GET` of server-sent events. */
export function describeStream(
  { operation, meta: { openapi, stream } }: RestRoute,
  input: Schemas[string] | undefined,
): Operation {
  const item = stream?.item.meta()
  const [example] = item?.examples ?? []
  return {
    operationId: operation,
    summary: openapi?.summary ?? operation,
    description: openapi?.description ?? '',
    tags: openapi?.tags ?? [],
    parameters: toQueryParameters(input),
    responses: {
      200: {
        description: openapi?.successDescription ?? '',
        content: {
          'text/event-stream': {
            schema: {
              type: 'string',
              description: `Server-sent events. The \`data\` of an \`event: ${stream?.event}\` is an \`${item?.id}\` as JSON, its \`id\` the id to resume after. The \`data\` of an \`event: problem\` is a \`Problem\`.`,
            },
            example: `retry: 2000\n\nid: ins_77b2\nevent: ${stream?.event}\ndata: ${JSON.stringify(example)}\n\n`,
          },
        },
      },
    },
  }
}

/** Turns each input field into a query parameter. */
export function toQueryParameters(input: Schemas[string] | undefined): NonNullable<Operation['parameters']> {
  const { properties = {}, required = [] } = input && !('$ref' in input) ? input : {}
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as SchemaObject
    return { in: 'query', name, required: required.includes(name), ...(description && { description }), schema }
  })
}
