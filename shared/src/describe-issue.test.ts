import { expect, test } from 'vitest'
import { z } from 'zod'
import { describeIssue } from './describe-issue.ts'
import { integer, jsonObject, list, number, time } from './primitives.ts'

test.each<[string, z.ZodType, unknown, string]>([
  ['a missing value', z.string(), undefined, 'required'],
  ['a missing object', jsonObject(), undefined, 'required'],
  ['a missing time', time(), undefined, 'required'],
  ['a missing enum value', z.enum(['a', 'b']), undefined, 'required'],
  ['null', z.string(), null, 'must be a string, not null'],
  ['a numeric string', number(0), '5', 'must be a number, not a string'],
  ['a boolean as text', z.boolean(), 'false', 'must be true or false, not a string'],
  ['NaN', number(0), Number.NaN, 'must be a number, not NaN'],
  ['infinity', number(0), Number.POSITIVE_INFINITY, 'must be a number, not Infinity'],
  ['a fraction', integer(0), 1.5, 'must be a whole number'],
  ['a number below its limit', integer(1), 0, 'must be at least 1'],
  ['a number above its limit', number(0, 1), 1.5, 'must be at most 1'],
  ['an unsafe integer', integer(0), 2 ** 60, 'must be at most 9007199254740991'],
  ['an exclusive limit', z.number().positive(), 0, 'must be above 0'],
  ['an unlisted value', z.enum(['a', 'b']), 'c', 'must be one of a, b'],
  ['another literal', z.literal('none'), 'off', 'must be none'],
  ['an empty list', list(z.string(), { min: 1, max: 2 }), [], 'must have at least 1 element'],
  ['a long list', list(z.string(), { max: 2 }), ['a', 'b', 'c'], 'must have at most 2 elements'],
  ['a long text', z.string().max(128), 'a'.repeat(129), 'must have at most 128 characters'],
  ['an array for an object', jsonObject(), [], 'must be an object, not an array'],
  ['a map for an object', jsonObject(), new Map(), 'must be an object, not a Map'],
  ['an object for a list', list(z.string(), { max: 1 }), {}, 'must be an array, not an object'],
  ['a bigint', z.string(), 1n, 'must be a string, not a bigint'],
])('%s', (_, schema, value, message) => {
  const { error } = schema.safeParse(value, { error: describeIssue })
  expect(error?.issues.map((issue) => issue.message)).toEqual([message])
})
