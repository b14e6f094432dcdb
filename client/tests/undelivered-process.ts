import { text } from 'node:stream/consumers'
import { createGatewayClient, memorySpool, openSession } from '../src/index.ts'
import { fileSpool } from '../src/node.ts'

/**
 * A program that opens a session, waits until its input ends, records events and never calls `end()`.
 * Arguments: the gateway, the folder of the spool or `memory`, how many events, and `flush` to wait for them.
 */
const [url = '', dir = '', count = '0', flush] = process.argv.slice(2)
const session = openSession(createGatewayClient({ url, retries: 0 }), {
  client_name: 'undelivered-process',
  client_version: '1.0.0',
  workspace_id: 'ws',
  user_id: 'ada',
  external_session_key: 'undelivered',
  spool: dir === 'memory' ? memorySpool() : fileSpool(dir),
})
await session.opened
process.stdout.write('open\n')
await text(process.stdin)
for (let index = 0; index < Number(count); index++) {
  session.record({ event_type: 'custom', source_type: 'ci', event_id: `e${index}` })
}
await session.persisted()
process.stdout.write('recorded\n')
if (flush) await session.flush({ signal: AbortSignal.timeout(3_000) }).catch(() => process.stdout.write('gave up\n'))
