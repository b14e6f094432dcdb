import { z } from 'zod'
import { type Operation, validInput } from './operations.ts'

/** An input that every surface must reject, and the path of its issue. */
export interface BadInput {
  what: string
  /** JSON text, which preserves keys like `__proto__`. */
  text: string
  path: string
}

/** Inputs of an operation with one invalid field each, derived from its schema. */
export function badInputs(operation: Operation): BadInput[] {
  const valid = validInput(operation)
  const document = z.toJSONSchema(operation.input ?? z.object({}), { io: 'input', unrepresentable: 'any' })
  const { required = [], properties = {} } = resolve(document, document.$defs)
  const wrong = (path: string, what: string, value: unknown): BadInput => ({
    what: `${path}: ${what}`,
    text: JSON.stringify({ ...valid, [path]: value }),
    path,
  })
  return [
    wrong('created_at', 'an unknown key', '2026-03-02T09:00:00Z'),
    { what: 'the key __proto__', text: JSON.stringify({ ...valid, ...withProto }), path: '__proto__' },
    ...required.map((name) => ({ ...wrong(name, 'missing', undefined) })),
    ...Object.entries(properties).flatMap(([name, property]) => [
      wrong(name, 'null', null),
      ...wrongValues(name, resolve(property, document.$defs)).map(([what, value]) => wrong(name, what, value)),
      ...(resolve(property, document.$defs).type === 'object'
        ? [{ ...wrong(name, 'with the key __proto__', withProto), path: `${name}.__proto__` }]
        : []),
    ]),
  ]
}

const withProto = JSON.parse('{"__proto__":{"polluted":true}}')

type Resolved = Exclude<z.core.JSONSchema._JSONSchema, boolean>

function resolve(schema: z.core.JSONSchema._JSONSchema, definitions: z.core.JSONSchema.JSONSchema['$defs']): Resolved {
  if (typeof schema === 'boolean') return {}
  const name = schema.$ref?.split('/').at(-1)
  return name ? (definitions?.[name] ?? {}) : schema
}

function wrongValues(name: string, { type, format, enum: values }: Resolved): [string, unknown][] {
  const rows: [string, unknown][] = []
  if (values) rows.push(['not in the enum', 'nope'])
  if (type === 'string') rows.push(['a number', 5], ['an array', ['a']])
  if (type === 'number' || type === 'integer') {
    rows.push(['a numeric string', '5'], ['a boolean', true], ['a negative number', -1])
  }
  if (type === 'integer') rows.push(['a fraction', 1.5], ['beyond 2^53', 2 ** 60])
  if (type === 'boolean') rows.push(['a word', 'false'], ['a number', 0])
  if (type === 'object' || type === 'array') rows.push(['text', '{}'])
  if (format === 'date-time')
    rows.push(['without a zone', '2026-03-02T09:00:00'], ['a date', '2026-03-02'], ['no time', 'now'])
  if (name.endsWith('_id')) {
    rows.push(['empty', ''], ['with a control character', 'a\u0000b'], ['257 characters', 'a'.repeat(257)])
  }
  return rows
}
