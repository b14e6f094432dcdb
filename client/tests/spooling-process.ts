import { createGatewayClient, openSession } from '../src/index.ts'
import { fileSpool } from '../src/node.ts'

/** What a parent asks of the process. */
export type SpoolingCall = { record: number } | { flush: true }

/** What came of it. */
export interface SpoolingAnswer {
  eventIds: string[]
  /** Why not everything recorded is in the spool; null where it is. */
  unpersisted: string | null
  accepted: number
  pending: number
  errors: string[]
}

/**
 * A process with a session and a file spool, which records and flushes as its parent asks, and tells what came of it. It
 * lives until it is killed.
 */
const [url = '', dir = ''] = process.argv.slice(2)
const errors: string[] = []
const session = openSession(createGatewayClient({ url }), {
  client_name: 'spooling-process',
  client_version: '1.0.0',
  workspace_id: 'ws',
  user_id: 'ada',
  external_session_key: dir,
  spool: fileSpool(dir),
  onError: (error) => errors.push(String(error)),
})
await session.opened
process.send?.('open')
process.on('message', async (call: SpoolingCall) => {
  const eventIds: string[] = []
  if ('flush' in call) await session.flush()
  else
    for (let index = 0; index < call.record; index++)
      eventIds.push(session.record({ event_type: 'file_edited', source_type: 'ide', payload: { index } }))
  const unpersisted = await session.persisted().then(
    () => null,
    (error: Error) => error.message,
  )
  const { accepted, pending } = session.ledger()
  process.send?.({ eventIds, unpersisted, accepted, pending, errors } satisfies SpoolingAnswer)
})
