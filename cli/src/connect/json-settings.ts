import jsonc, { type JSONPath, type ParseError } from 'jsonc-parser'

/** A problem with a settings file, for the user. */
export class SettingsError extends Error {}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Settings in JSON, edited without touching what else is in the text: comments, order and format stay. */
export class JsonSettings {
  readonly #file: string
  #text: string

  /** @throws SettingsError if the text is not an object in JSON, which may have comments and trailing commas */
  constructor(file: string, text: string) {
    this.#file = file
    this.#text = text.trim() === '' ? '{}\n' : text
    const value = this.#parse()
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new SettingsError(`${file} must hold a JSON object`)
    }
  }

  get text(): string {
    return this.#text
  }

  get(path: JSONPath): Json | undefined {
    let value: Json | undefined = this.#parse()
    for (const key of path) {
      if (typeof value !== 'object' || value === null) return undefined
      value = (value as Record<string, Json>)[key]
    }
    return value
  }

  /** Sets a value, or with undefined removes it. */
  set(path: JSONPath, value: Json | undefined): void {
    const formattingOptions = { ...detectFormat(this.#text), insertFinalNewline: true }
    this.#text = jsonc.applyEdits(this.#text, jsonc.modify(this.#text, path, value, { formattingOptions }))
  }

  /** Appends to a list, which is created if missing. @throws SettingsError if there is something else */
  append(path: JSONPath, value: Json): void {
    const list = this.get(path)
    if (list === undefined) {
      this.set(path, [value])
      return
    }
    if (!Array.isArray(list)) throw new SettingsError(`${this.#file}: ${path.join('.')} must be a list`)
    const formattingOptions = detectFormat(this.#text)
    const edits = jsonc.modify(this.#text, [...path, list.length], value, { formattingOptions, isArrayInsertion: true })
    this.#text = jsonc.applyEdits(this.#text, edits)
  }

  #parse(): Json {
    const errors: ParseError[] = []
    const value = jsonc.parse(this.#text, errors, { allowTrailingComma: true, disallowComments: false }) as Json
    const [first] = errors
    if (!first) return value
    const line = this.#text.slice(0, first.offset).split('\n').length
    throw new SettingsError(
      `${this.#file} is not valid JSON: ${jsonc.printParseErrorCode(first.error)} in line ${line}`,
    )
  }
}

function detectFormat(text: string) {
  const [, indentation] = /^[{[]\s*?\n([ \t]+)/.exec(text.trimStart()) ?? []
  return {
    insertSpaces: !indentation?.startsWith('\t'),
    tabSize: indentation?.startsWith(' ') ? indentation.length : 2,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  }
}
