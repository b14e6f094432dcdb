import { createGatewayClient, openSession } from '../src/index.ts'
import { fileSpool } from '../src/node.ts'

const PERFORMANCE = {
  agent_id: 'reviewer',
  window_start: new Date(),
  window_end: new Date(),
  tasks_completed: 1,
  tasks_failed: 0,
}

/**
 * A process that opens a session, waits for its parent's word, records events into a file spool and reports once they are
 * persisted. With `offline` it does not wait for the gateway, and also records snapshots, performance and the end. Then it
 * waits to be killed.
 */
const [url = '', dir = '', count = '0', offline] = process.argv.slice(2)
const session = openSession(createGatewayClient({ url }), {
  client_name: 'recording-process',
  client_version: '1.0.0',
  workspace_id: 'ws',
  user_id: 'ada',
  external_session_key: 'crash',
  spool: fileSpool(dir),
})
if (!offline) await session.opened
process.send?.('open')
process.once('message', async () => {
  const eventIds = Array.from({ length: Number(count) }, (_, index) => {
    if (offline && index % 100 === 0) session.snapshot('custom', { index })
    if (offline && index % 500 === 0) session.recordPerformance(PERFORMANCE)
    return session.record({ event_type: 'file_edited', source_type: 'ide', payload: { index } })
  })
  if (offline) session.end('completed', { deadlineMs: Number.POSITIVE_INFINITY }).catch(() => {})
  await session.persisted()
  process.send?.({ eventIds, ledger: session.ledger() })
})
