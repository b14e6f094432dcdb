import { isPlainObject } from '@achilles/mcp-contract'

/**
 * Encodes a JSON-RPC message as one line. Structured content is copied from the JSON in the result's text instead of
 * being serialized, so that no digit and no field is lost.
 */
export function encodeMessage(message: unknown): string {
  if (!isPlainObject(message) || !isPlainObject(message.result)) return JSON.stringify(message)
  const { result, ...envelope } = message
  const { structuredContent, ...rest } = result as Record<string, unknown>
  const text = structuredContent === undefined ? undefined : firstText(rest.content)
  if (text === undefined) return JSON.stringify(message)
  return `${openObject(envelope)},"result":${openObject(rest)},"structuredContent":${toSingleLine(text)}}}`
}

const openObject = (object: Record<string, unknown>) => JSON.stringify(object).slice(0, -1)

const firstText = (content: unknown): string | undefined =>
  Array.isArray(content) && isPlainObject(content[0]) && typeof content[0].text === 'string'
    ? content[0].text
    : undefined

/** Spaces are equivalent: JSON allows line breaks between tokens only. */
function toSingleLine(json: string): string {
  if (!/[\r\n]/.test(json)) return json
  // Not `replace`: it allocates a string for each line break.
  const bytes = Buffer.from(json)
  for (let at = 0; at < bytes.length; at++)
    if (bytes[at] === LINE_FEED || bytes[at] === CARRIAGE_RETURN) bytes[at] = SPACE
  return bytes.toString()
}

const [LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x0a, 0x0d, 0x20]

/** Some libraries send `params: null` for absent params. */
export function omitNullParams(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullParams)
  return withoutNullParams(value)
}

function withoutNullParams(message: unknown): unknown {
  if (!isPlainObject(message) || message.params !== null) return message
  const { params: _, ...rest } = message
  return rest
}
