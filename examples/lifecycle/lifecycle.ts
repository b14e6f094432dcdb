import { createGatewayClient } from '@achilles/mcp-client'

const gateway = createGatewayClient({ url: process.env.GATEWAY_URL ?? 'http://127.0.0.1:8080' })
const workspace_id = 'ws-checkout'

const { server_name, preferred_batch_size } = await gateway.handshake.mutate({
  client_name: 'readme',
  client_version: '1.0.0',
  workspace_id,
})
const { project_id } = await gateway.projects.resolve.mutate({
  workspace_id,
  workspace_root: '/home/ada/checkout',
  create_if_missing: true,
})
const { session_id } = await gateway.sessions.create.mutate({
  external_session_key: 'tuesday',
  user_id: 'ada',
  workspace_id,
  project_id,
  start_time: new Date('2026-03-03T09:00:00Z'),
})
const { results } = await gateway.signals.ingestBatch.mutate({
  events: ['src/cart.ts', 'src/price.ts'].map((file_path, index) => ({
    event_id: `tuesday-${index}`,
    event_type: 'file_edited',
    source_type: 'ide',
    session_id,
    timestamp: new Date('2026-03-03T09:04:11Z'),
    file_path,
  })),
})
const insights = await gateway.signals.insights.query({ session_id, limit: 20 })
const { status, end_time } = await gateway.sessions.update.mutate({
  session_id,
  status: 'completed',
  end_time: new Date('2026-03-03T17:30:00Z'),
})

const answers = { server_name, preferred_batch_size, results, insights, status, end_time }
process.stdout.write(`${JSON.stringify(answers, null, 2)}\n`)
