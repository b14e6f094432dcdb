import { createGatewayClient, indexedDbSpool, openSession, type Session } from '../../src/index.ts'
import { withResolvers } from '../../src/timers.ts'

declare global {
  var session: Session
  /** Opens a session of this page with a gateway. Rejects with its first error. */
  function open(url: string): Promise<void>
}

globalThis.open = async (url) => {
  const failed = withResolvers<never>()
  globalThis.session = openSession(createGatewayClient({ url }), {
    onError: failed.reject,
    client_name: 'page',
    client_version: '1.0.0',
    workspace_id: 'ws',
    user_id: 'ada',
    external_session_key: 'browser',
    spool: indexedDbSpool(),
  })
  await Promise.race([session.opened, failed.promise])
}
