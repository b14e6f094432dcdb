import type { CoreCall } from '../core/core-call.ts'

/** The call to Core that a procedure makes. */
export interface CoreRoute {
  method: CoreCall['method']
  /** Appended to the base URL, e.g. `/mcp/sessions/{session_id}`: what is in braces is a field of the input. */
  path: string
  /** Set where the input is a batch of events: such calls may be joined into one. */
  carries?: CoreCall['carries']
  /** What Core must do, for those who build one; where absent, what the procedure tells its callers. */
  description?: string
  /** True where Core gets something else than the procedure's input, by a call that another procedure declares. */
  borrowed?: true
}

const PARAMETER = /\{(\w+)\}/g

/** The fields that stand in the path. */
export const pathParametersOf = ({ path }: Pick<CoreRoute, 'path'>): string[] =>
  [...path.matchAll(PARAMETER)].map(([, name = '']) => name)

/**
 * The call that `input` makes: a field that stands in the path is taken out of the body and percent-encoded, once.
 * @throws Error where such a field is not text.
 */
export function requestOn(
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
