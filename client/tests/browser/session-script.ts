import { createGatewayClient, indexedDbSpool, openSession, type Session } from '../../src/index.ts'

declare global {
  var session: Session
  /** Opens a session of this page with a gateway. */
  function open(url: string): Promise<void>
}

globalThis.open = async (url) => {
  globalThis.session = await openSession(createGatewayClient({ url }), {
    client_name: 'page',
    client_version: '1.0.0',
    workspace_id: 'ws',
    user_id: 'ada',
    external_session_key: 'browser',
    spool: indexedDbSpool(),
  })
}
