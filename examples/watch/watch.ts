import { createGatewayClient } from '@achilles/mcp-client'

const [session_id] = process.argv.slice(2)
if (session_id === undefined) throw new Error('usage: node --import tsx examples/watch/watch.ts SESSION_ID')
const gateway = createGatewayClient({ url: process.env.GATEWAY_URL ?? 'http://127.0.0.1:8080' })

for await (const { data } of gateway.signals.watchInsights.subscribe({ session_id })) {
  const { created_at, severity, title, message } = data
  process.stdout.write(`${created_at}  ${severity.padEnd(8)}  ${title}: ${message}\n`)
}
