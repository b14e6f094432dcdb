import { RETRIED_STATUSES } from '../upstream/client.ts'

/** @param authentication a sentence on the credentials that the gateway accepts */
export const createDescription = (
  authentication: string,
): string => `The API through which IDE extensions and coding agents record events in Achilles Core and read its insights.

The usual order of calls: **handshake → project → session → events → snapshots → insights → session completed**.

- **Authentication.** ${authentication}
- **Requests are strict.** An unknown key, \`null\` for an absent field or a string for a number is rejected; the problem
  lists each issue with its path. \`content-encoding: gzip\` is supported.
- **Responses are open.** Core may add fields and enum values; they are passed on unchanged.
- **Errors share one format**, \`Problem\` (RFC 9457). Branch on \`code\`; \`retryable\` is true if the same call may succeed
  later, \`request_id\` identifies the request in the logs.
- **Calls are safe to repeat.** Sessions are identified by \`external_session_key\`, events by \`event_id\` within their session,
  projects by workspace, all other writes by the \`idempotency-key\` header; the same key with another body is a \`422\`.
- **Numbers are exact.** Free-form objects keep every digit.`

export const TAGS: Readonly<Record<string, string>> = {
  handshake: 'Negotiates limits; the first call.',
  projects: 'The project of a workspace.',
  sessions: 'Work sessions: open, find, end.',
  signals: 'Events and insights.',
  state: 'Snapshots of a session’s state.',
  agents: 'Agent performance.',
  errors: 'Likely causes of errors.',
  health: 'The health of the gateway and of Core.',
}

export const CORE_DESCRIPTION = `The calls that the Achilles MCP Gateway makes to Achilles Core, for implementers of a Core.

- **Authentication.** Only the gateway calls Core, with one bearer key; any other caller gets \`401\`. \`x-achilles-client\` names the
  gateway's caller. \`x-achilles-workspaces\`, if present, lists the only workspaces it may access: the gateway enforces this
  where a request names a workspace, Core must enforce it where a request names only a session.
- **Requests** contain only what this document lists. Defaults are filled in, times are RFC 3339 with \`Z\` or an offset as
  written by the caller, and free-form objects may contain numbers that a double cannot hold. A newer gateway may send
  fields and enum values that are not listed yet.
- **Responses** are JSON with a status from 200 to 299, uncompressed, of at most 32 MiB. The caller gets the JSON unchanged.
  Further fields and enum values are allowed. If a listed field is missing or has another type, the caller gets a
  \`502\` with \`CORE_CONTRACT_VIOLATION\`.
- **Errors** are JSON: \`{ "detail": "…" }\`, readable for people. The caller gets up to 2000 characters of \`detail\`.
  A response that is not JSON is treated as a proxy's, whatever its status: the caller gets a retryable \`502\`.
- **Any call may be repeated.** After ${RETRIED_STATUSES.join(', ')}, or without a response, the gateway retries
  \`HTTP_MAX_RETRIES\` times (2), never before \`Retry-After\`. All attempts have the same \`idempotency-key\` and end within
  \`HTTP_DEADLINE_SECONDS\` (25). Clients repeat calls too. Each operation describes how it recognizes a repeated call.
- **Event batches may be coalesced.** While calls are in flight, batches of one caller with the same \`x-mcp-session-token\`
  are merged into one call, up to the handshake's \`preferred_batch_size\` and \`max_payload_bytes\`, with the \`x-request-id\` of
  the first. The response is split by \`event_id\`: it must contain each event at most once, and only \`results\` and \`failed\`;
  otherwise the gateway sends each batch separately and stops coalescing. \`GROUP_FORWARDING=off\` disables coalescing.
- **Timeouts.** An attempt may take \`HTTP_TIMEOUT_SECONDS\` (10). If the caller disconnects, the connection to Core is closed.
- **Outages.** While most calls fail (no response, 502, 503, 504, or 500 for several callers), the gateway rejects calls
  without calling Core and requests \`GET /mcp/health\` every two seconds. JSON with a status below 500 ends the outage.
- **Redirects** are not followed.

\`npm run doctor\` checks a running Core against this document without changing anything in it.`

export const CORE_TAGS: Readonly<Record<string, string>> = {
  ...TAGS,
  errors: 'Likely causes of errors among the events.',
  health: 'The health of Core.',
}
