export const DESCRIPTION = `The API through which IDE extensions and coding agents record events in Achilles Core and read its insights.

The usual order of calls: **handshake → project → session → events → snapshots → insights → session completed**.

- **Authentication.** \`authorization: Bearer …\` with an API key or a JWT. A gateway without configured credentials serves
  local callers only and requires none.
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
