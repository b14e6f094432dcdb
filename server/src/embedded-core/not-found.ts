/** What a request names is not stored: answered 404, the message as its `detail`. */
export class NotFound extends Error {
  override name = 'NotFound'
}
