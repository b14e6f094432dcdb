import type { GatewayContext } from './env.ts'

/** The header with which an `EventSource` resumes; undefined if it is empty. Node reads its UTF-8 as Latin-1. */
export function getLastEventId(c: GatewayContext): string | undefined {
  const header = c.req.header('last-event-id')
  return header ? Buffer.from(header, 'latin1').toString() : undefined
}
