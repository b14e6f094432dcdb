import type { OpenAPIObject } from 'trpc-to-openapi'

export type Paths = NonNullable<OpenAPIObject['paths']>
type Components = NonNullable<OpenAPIObject['components']>
export type Schemas = NonNullable<Components['schemas']>
export type SchemaObject = Exclude<Schemas[string], { $ref: string }>
export type Operation = NonNullable<Paths[string]['get']>
export type Responses = NonNullable<Components['responses']>
export type Headers = NonNullable<Components['headers']>
export type Parameters = NonNullable<Components['parameters']>
