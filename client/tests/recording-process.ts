import { createGatewayClient, openSession } from '../src/index.ts'
import { fileSpool } from '../src/node.ts'

/**
 * A process that opens a session, waits for its parent’s word, records events into a file spool and tells once they are
 * persisted. Then it waits for its end.
 */
const [url = '', dir = '', count = '0'] = process.argv.slice(2)
const session = await openSession(createGatewayClient({ url }), {
  client_name: 'recording-process',
  client_version: '1.0.0',
  workspace_id: 'ws',
  user_id: 'ada',
  external_session_key: 'crash',
  spool: fileSpool(dir),
})
process.send?.('open')
process.once('message', async () => {
  const eventIds = Array.from({ length: Number(count) }, (_, index) =>
    session.record({ event_type: 'file_edited', source_type: 'ide', payload: { index } }),
  )
  await session.persisted()
  process.send?.({ eventIds, ledger: session.ledger() })
})
