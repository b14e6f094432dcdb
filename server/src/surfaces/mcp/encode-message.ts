import { isPlainObject } from '@achilles/mcp-contract'

/**
 * A JSON-RPC message as one line of JSON. The structured content of a tool's answer is not taken from the message: it
 * is written as the very JSON that stands in the answer's text, so that no digit and no field is lost on the way.
 */
export function encodeMessage(message: unknown): string {
  if (!isPlainObject(message) || !isPlainObject(message.result)) return JSON.stringify(message)
  const { result, ...envelope } = message
  const { structuredContent, ...rest } = result as Record<string, unknown>
  const text = structuredContent === undefined ? undefined : firstText(rest.content)
  if (text === undefined) return JSON.stringify(message)
  return `${open(envelope)},"result":${open(rest)},"structuredContent":${inOneLine(text)}}}`
}

const open = (object: Record<string, unknown>) => JSON.stringify(object).slice(0, -1)

const firstText = (content: unknown): string | undefined =>
  Array.isArray(content) && isPlainObject(content[0]) && typeof content[0].text === 'string'
    ? content[0].text
    : undefined

/** Line breaks in JSON stand between tokens only; on a line of its own a message must have none. */
function inOneLine(json: string): string {
  if (!/[\r\n]/.test(json)) return json
  // Not by `replace`, which holds a part of the text for each line break.
  const bytes = Buffer.from(json)
  for (let at = 0; at < bytes.length; at++)
    if (bytes[at] === LINE_FEED || bytes[at] === CARRIAGE_RETURN) bytes[at] = SPACE
  return bytes.toString()
}

const [LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x0a, 0x0d, 0x20]
