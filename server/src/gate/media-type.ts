const JSON_TYPE = /^application\/(?:[\w!#$&^.+-]+\+)?json$/

/** True for `application/json` and every `application/…+json`, with any parameters. */
export function isJsonMediaType(contentType: string | undefined): boolean {
  const [type = ''] = (contentType ?? '').split(';', 1)
  return JSON_TYPE.test(type.trim().toLowerCase())
}
