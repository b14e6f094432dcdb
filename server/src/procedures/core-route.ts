import type { CoreCall } from '../upstream/types.ts'

export interface CoreRoute {
  method: CoreCall['method']
  /** Appended to the base URL, e.g. `/mcp/sessions/{session_id}`; braces name a field of the input. */
  path: string
  /** Set if the body is a batch of events: such calls may be coalesced. */
  carries?: CoreCall['carries']
  /** What Core must do, for the OpenAPI document of Core. Default: the description of the REST route. */
  description?: string
  /** True if another procedure declares this call, and Core gets a body derived from the procedure's input. */
  sharesRoute?: true
}

const PARAMETER = /\{(\w+)\}/g

export const getPathParameters = ({ path }: Pick<CoreRoute, 'path'>): string[] =>
  [...path.matchAll(PARAMETER)].map(([, name = '']) => name)

/**
 * Builds the call for `input`: path parameters are moved from the body into the path, percent-encoded once.
 * @throws Error if such a field is not a string.
 */
export function buildRequest(
  { method, path, carries }: CoreRoute,
  input: Readonly<Record<string, unknown>> | undefined,
): Pick<CoreCall, 'method' | 'path' | 'carries' | 'body'> {
  if (!path.includes('{')) return { method, path, carries, body: input }
  const body = { ...input }
  const filled = path.replace(PARAMETER, (_, name: string) => {
    const { [name]: value } = body
    if (typeof value !== 'string') throw new Error(`${path}: the input has no ${name}`)
    delete body[name]
    return encodeURIComponent(value)
  })
  return { method, path: filled, carries, body }
}
