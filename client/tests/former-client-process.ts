import { join } from 'node:path'

/**
 * A process with the client of version 0.1.0: opens a session, waits for its parent's word, records events into a file
 * spool, and either ends the session or waits to be killed.
 */
const [former = '', url = '', dir = '', key = '', count = '0', ends] = process.argv.slice(2)
const { createGatewayClient, openSession } = await import(join(former, 'client/src/index.ts'))
const { fileSpool } = await import(join(former, 'client/src/node.ts'))
const session = await openSession(createGatewayClient({ url }), {
  client_name: 'former-client',
  client_version: '0.1.0',
  workspace_id: 'ws',
  workspace_root: '/home/ada/former',
  create_project: true,
  user_id: 'ada',
  external_session_key: key,
  spool: fileSpool(dir),
})
process.send?.({ sessionId: session.opened.session_id })
process.once('message', async () => {
  const ids = Array.from({ length: Number(count) }, () =>
    session.record({ event_type: 'file_edited', source_type: 'ide', payload: { text: 'x'.repeat(100) } }),
  )
  await session.persisted()
  if (ends) {
    await session.snapshot('custom', { branch: 'main' })
    await session.end('completed')
  }
  process.send?.({ ids, ledger: session.ledger() })
})
