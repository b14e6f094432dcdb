/** A value in a line of the doctor's: it comes from elsewhere, so it may repeat a secret. */
interface Value {
  readonly value: string
}

/** A line of the doctor's: its own words, and values. */
export type Line = readonly (string | Value)[]

/**
 * Tags a template. What the template says are the doctor's own words; each text put into it is a value, each number and
 * each line stays what it is.
 */
export function line(words: TemplateStringsArray, ...parts: (string | number | Line)[]): Line {
  return words.flatMap((own, index) => {
    const part = parts[index]
    if (part === undefined) return own
    if (typeof part === 'string') return [own, { value: part }]
    return typeof part === 'number' ? [own, String(part)] : [own, ...part]
  })
}

/** Own words that are made elsewhere in this project and never hold a value, such as the path of a call. */
export const ownWords = (text: string): Line => [text]
