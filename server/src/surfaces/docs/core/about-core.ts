import { RETRIED_STATUSES } from '../../../core/core-client.ts'
import { TAGS } from '../about.ts'

/** What the document says before its first operation. */
export const CORE_DESCRIPTION = `What the Achilles MCP Gateway asks of Achilles Core, for people who build one.

- **Who calls.** The gateway alone, with one bearer key; anybody else gets \`401\`. \`x-achilles-client\` names the caller
  behind it. Where \`x-achilles-workspaces\` comes, that caller may reach those workspaces and no other: the gateway holds
  it to that where a request names a workspace, Core must where it names only a session.
- **Requests** hold what is told here and nothing else. Defaults are filled in, times are RFC 3339 with \`Z\` or an offset as
  the caller wrote them, and free objects may hold numbers of more digits than a double has. A newer gateway may send
  fields and enum values that are not listed yet.
- **Answers** are JSON with a status from 200 to 299, not compressed, and of 32 MiB at most. The caller gets the very JSON. More fields than told here may stand in it, and other values than an enum lists. What is told here and
  missing, or of another type, is a \`502\` with \`CORE_CONTRACT_VIOLATION\` for the caller.
- **Refusals** are JSON as well: \`{ "detail": "…" }\`, in words for a person. The caller reads up to 2000 characters of them.
  A response that is not JSON counts as that of a proxy, whatever its status: the caller gets a retryable \`502\`.
- **Everything may come twice.** After ${RETRIED_STATUSES.join(', ')}, and where no answer came, the gateway tries again:
  \`HTTP_MAX_RETRIES\` times (2), never before \`Retry-After\`, all attempts with one \`idempotency-key\` and within
  \`HTTP_DEADLINE_SECONDS\` (25). Clients repeat calls too. Every operation says by what it knows a repeated call.
- **Event batches may be joined.** While calls are under way, batches of one caller with one \`x-mcp-session-token\` share a
  call, never above \`preferred_batch_size\` and \`max_payload_bytes\` of the handshake; it goes under the first one's
  \`x-request-id\`. The answer is divided by \`event_id\`: it names each event once at most and holds \`results\` and \`failed\`
  alone; else the gateway sends each batch by itself, and joins no more. \`GROUP_FORWARDING=off\` has the same effect.
- **Time.** An attempt may take \`HTTP_TIMEOUT_SECONDS\` (10). A caller that hangs up closes Core's connection.
- **Outages.** While most calls fail, which means no answer, 502, 503 or 504, or 500 to several callers, callers are refused
  without a call to Core. \`GET /mcp/health\` is then asked every two seconds: JSON with a status below 500 ends the outage.
- **Redirects** are not followed.

\`npm run doctor\` asks a Core that runs, without changing anything in it, whether it keeps to this.`

/** The groups of operations, as far as they mean something else to Core. */
export const CORE_TAGS: Readonly<Record<string, string>> = {
  ...TAGS,
  errors: 'What may have caused an error that was sent.',
  health: 'Whether Core is well.',
}
