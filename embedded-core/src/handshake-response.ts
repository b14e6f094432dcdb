import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { MCPHandshakeResponse } from '@achilles/mcp-contract'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** The same response for every client. The session token is random; the embedded Core never checks it. */
export function createHandshakeResponse(): MCPHandshakeResponse {
  return {
    server_name: 'achilles-embedded-core',
    server_version: version,
    mcp_session_token: `mst_${randomBytes(24).toString('base64url')}`,
    preferred_batch_size: 200,
    max_payload_bytes: 16 * 1024 * 1024,
    features: { insights: true, snapshots: true, error_correlation: true, agent_performance: true },
  }
}
