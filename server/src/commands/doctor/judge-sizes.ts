import { MAX_BATCH_EVENTS, type MCPHandshakeResponse } from '@achilles/mcp-contract'
import { type Finding, ok, warning } from './finding.ts'
import { line } from './line.ts'

/** Whether the sizes that Core grants fit those that the gateway takes; `maxBodyBytes` is the gateway's. */
export function judgeSizes(
  { max_payload_bytes, preferred_batch_size }: MCPHandshakeResponse,
  maxBodyBytes: number,
): Finding {
  if (preferred_batch_size > MAX_BATCH_EVENTS) {
    return warning(
      line`Core prefers batches of ${preferred_batch_size} events, the gateway takes ${MAX_BATCH_EVENTS}`,
      line`Core’s \`preferred_batch_size\` must be at most ${MAX_BATCH_EVENTS}: clients that keep to it are refused.`,
    )
  }
  const seen = line`bodies up to ${max_payload_bytes} bytes at Core, ${maxBodyBytes} at the gateway`
  if (max_payload_bytes >= maxBodyBytes) return ok(seen)
  return warning(
    seen,
    line`Set MAX_BODY_BYTES=${max_payload_bytes}: a body between the two is carried to Core for nothing.`,
  )
}
