import fc from 'fast-check'
import { z } from 'zod'
import { badJsonObject, jsonObject, key, objectOf } from './arbitrary-json.ts'
import { anyNumber, badTime, double, id, junk, text, textOfLength, time } from './arbitrary-values.ts'
import type { Operation } from './operations.ts'

type Schema = Exclude<z.core.JSONSchema._JSONSchema, boolean>
type Resolve = (schema: z.core.JSONSchema._JSONSchema | undefined) => Schema
/** Values for a schema: it accepts most `good` ones and rejects most `bad` ones. */
interface Values {
  good: fc.Arbitrary<unknown>
  bad: fc.Arbitrary<unknown>
}

/** Inputs for an operation, about half of them valid, derived from its schema. */
export function arbitraryInput({ input }: Operation): fc.Arbitrary<unknown> {
  const document = z.toJSONSchema(input ?? z.object({}), { io: 'input', unrepresentable: 'any' })
  const resolve: Resolve = (schema = {}) => {
    if (typeof schema === 'boolean') return {}
    const name = schema.$ref?.split('/').at(-1)
    return name === undefined ? schema : (document.$defs?.[name] ?? {})
  }
  const { good, bad } = valuesOf(resolve(document), resolve)
  return fc.oneof({ weight: 6, arbitrary: good }, { weight: 5, arbitrary: bad })
}

function valuesOf(schema: Schema, resolve: Resolve): Values {
  const { type, minimum = -Infinity, maximum = Infinity } = schema
  if (schema.enum)
    return { good: fc.constantFrom(...schema.enum), bad: fc.oneof(fc.constantFrom('nope', 'ACTIVE', ' ide'), junk) }
  if (type === 'boolean') return { good: fc.boolean(), bad: junk }
  if (type === 'string') return textsOf(schema)
  if (type === 'integer') {
    const beside = fc.constantFrom(minimum - 1, minimum, maximum, maximum + 1, minimum + 0.5).filter(Number.isFinite)
    const within = fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31 - 1) })
    return { good: within, bad: fc.oneof(beside, anyNumber, junk) }
  }
  if (type === 'number') {
    const within = double.filter((value) => value >= minimum && value <= maximum)
    return { good: within, bad: fc.oneof(anyNumber, junk) }
  }
  if (type === 'array') return arraysOf(schema, resolve)
  if (schema.properties) return objectsOf(schema, resolve)
  return typeof schema.additionalProperties === 'object'
    ? recordsOf(resolve(schema.additionalProperties), resolve)
    : { good: jsonObject, bad: fc.oneof(badJsonObject, junk) }
}

function textsOf({ pattern, format, maxLength }: Schema): Values {
  if (format === 'date-time') return { good: time, bad: fc.oneof(badTime, junk) }
  if (pattern === undefined) {
    const good = text.filter((value) => value.length <= (maxLength ?? Infinity))
    return { good, bad: fc.oneof(textOfLength(maxLength ?? 256), junk) }
  }
  const fits = new RegExp(pattern, 'u')
  return {
    good: id.filter((value) => fits.test(value)),
    bad: fc.oneof(id, textOfLength(256), textOfLength(0), text, junk),
  }
}

function arraysOf({ items, minItems = 0, maxItems = 1 }: Schema, resolve: Resolve): Values {
  const { good, bad } = valuesOf(resolve(items as z.core.JSONSchema._JSONSchema), resolve)
  return {
    good: fc.array(good, { minLength: minItems, maxLength: minItems + 3 }),
    bad: fc.oneof(
      { weight: 20, arbitrary: fc.array(fc.oneof(good, bad), { maxLength: 4 }) },
      { weight: 8, arbitrary: good.map((item) => [item, item]) },
      { weight: 8, arbitrary: junk },
      // Rare: a thousand events are half a megabyte.
      {
        weight: maxItems > 100 ? 1 : 5,
        arbitrary: good.map((item) => Array.from({ length: maxItems + 1 }, () => item)),
      },
    ),
  }
}

function recordsOf(value: Schema, resolve: Resolve): Values {
  const { good, bad } = valuesOf(value, resolve)
  const from = (keys: fc.Arbitrary<string>, values: fc.Arbitrary<unknown>) =>
    fc.array(fc.tuple(keys, values), { maxLength: 3 }).map(objectOf)
  const keys = fc.oneof(key, fc.constant('__proto__'))
  return { good: from(key, good), bad: fc.oneof(from(keys, good), from(keys, fc.oneof(good, bad)), junk) }
}

function objectsOf({ properties = {}, required = [] }: Schema, resolve: Resolve): Values {
  const values = Object.entries(properties).map(
    ([name, property]) => [name, valuesOf(resolve(property), resolve)] as const,
  )
  const good = fc
    .tuple(
      ...values.map(([name, { good }]) => {
        const property = good.map((value) => [[name, value]] as const)
        // `undefined` natively, where REST leaves the key out.
        return required.includes(name)
          ? property
          : fc.oneof(property, fc.constantFrom([], [[name, undefined]] as const))
      }),
    )
    .map((entries) => objectOf(entries.flat()))
  const fault = fc.oneof(
    { weight: 8, arbitrary: fc.oneof(...values.map(([name, { bad }]) => bad.map((value) => [name, value] as const))) },
    { weight: 1, arbitrary: fc.constantFrom(...required).map((name) => [name, undefined] as const) },
    { weight: 1, arbitrary: fc.tuple(fc.oneof(key, fc.constantFrom('__proto__', 'created_at')), junk) },
  )
  const spoiled = fc
    .tuple(good, fc.array(fault, { minLength: 1, maxLength: 3 }))
    .map(([object, faults]) => objectOf([...Object.entries(object), ...faults]))
  return { good, bad: fc.oneof({ weight: 9, arbitrary: spoiled }, { weight: 1, arbitrary: junk }) }
}
