import { isPlainObject, type ProblemIssue, parseJson } from '@achilles/mcp-contract'
import { z } from 'zod'
import { badRequest, GatewayError } from '../../errors/gateway-error.ts'
import type { GatewayContext } from '../../http/env.ts'
import { isJsonMediaType } from '../../http/headers.ts'
import { readBody } from '../../http/read-body.ts'
import type { RestRoute } from '../../procedures/list-procedures.ts'

/** `text` is set if the body is the whole input. */
interface Input {
  value: unknown
  text?: string | undefined
}

export type InputReader = (c: GatewayContext) => Input | Promise<Input>

/** Reads the input of an operation: its query, or its body and path. */
export function inputReader({ method, procedure, pathParameters }: RestRoute, maxBodyBytes: number): InputReader {
  const [input] = procedure._def.inputs
  if (input === undefined) return () => ({ value: undefined })
  if (method === 'GET') {
    const readQuery = queryReader(input as z.ZodObject)
    return (c) => ({ value: readQuery(c.req.queries()) })
  }
  return async (c) => {
    const input = await readJson(c, maxBodyBytes)
    return pathParameters.length === 0 ? input : { value: withPathParameters(input.value, c, pathParameters) }
  }
}

async function readJson(c: GatewayContext, maxBodyBytes: number): Promise<Input> {
  const contentType = c.req.header('content-type')
  if (!isJsonMediaType(contentType)) {
    throw new GatewayError(
      'UNSUPPORTED_MEDIA_TYPE',
      `The body must be application/json${contentType === undefined ? '; the request has no content-type' : `, not ${contentType}`}.`,
    )
  }
  const text = await readBody(c, maxBodyBytes)
  try {
    return { value: parseJson(text), text }
  } catch (error) {
    throw badRequest([{ path: '', message: 'the body is not JSON' }], error)
  }
}

/** In the body, path parameters are rejected as unknown keys. */
function withPathParameters(body: unknown, c: GatewayContext, names: string[]): unknown {
  if (!isPlainObject(body)) return body
  const duplicated = names.filter((name) => Object.hasOwn(body, name))
  if (duplicated.length > 0) throw badRequest(duplicated.map((path) => ({ path, message: 'unknown key' })))
  return { ...body, ...Object.fromEntries(names.map((name) => [name, c.req.param(name)])) }
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * Parses text as a number where the field is one. Other text stays text, so that the schema rejects it.
 * @throws GatewayError 400 for a repeated parameter.
 */
function queryReader(schema: z.ZodObject): (queries: Record<string, string[]>) => Record<string, unknown> {
  const numbers = new Set(Object.keys(schema.shape).filter((name) => isNumber(schema.shape[name])))
  return (queries) => {
    const repeated: ProblemIssue[] = []
    const entries = Object.entries(queries).map(([name, [text = '', ...others]]) => {
      if (others.length > 0) repeated.push({ path: name, message: 'given more than once' })
      return [name, numbers.has(name) && JSON_NUMBER.test(text) ? Number(text) : text]
    })
    if (repeated.length > 0) throw badRequest(repeated)
    return Object.fromEntries(entries)
  }
}

function isNumber(schema: z.core.$ZodType): boolean {
  const { type } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return type === 'number' || type === 'integer'
}
