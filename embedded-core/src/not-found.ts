/** The request names something that is not stored: 404, with the message as `detail`. */
export class NotFound extends Error {
  override name = 'NotFound'
}
