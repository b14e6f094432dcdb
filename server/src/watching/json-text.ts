import { stringifyJson } from '@achilles/mcp-contract'

const texts = new WeakMap<object, string>()

/** An object as JSON, encoded once for all watchers that get it. */
export function getJsonText(value: object): string {
  let text = texts.get(value)
  if (text === undefined) {
    text = stringifyJson(value)
    texts.set(value, text)
  }
  return text
}
