/** What the API reference says before its first operation. */
export const DESCRIPTION = `What IDE extensions and agents tell Achilles Core while software is written.

The order of a day: **handshake → project → session → events → snapshots → insights → session completed**.

- **Who may call.** \`authorization: Bearer …\` with an API key or a JWT. A gateway that has no credentials configured asks
  for none and serves local callers alone.
- **Requests are strict.** An unknown key, \`null\` for an absent field or a string for a number is refused, every fault
  with its path. A body may come with \`content-encoding: gzip\`.
- **Answers are open.** Core may add fields and enum values; they pass through untouched.
- **Errors are one envelope**, \`Problem\` (RFC 9457). Branch on \`code\`; \`retryable\` says whether the same call may succeed
  later, \`request_id\` finds it in the logs.
- **Safe to repeat.** Sessions by \`external_session_key\`, events by \`event_id\` within their session, projects by
  workspace, all other writes by the caller's \`idempotency-key\` header; the same key with another body is a \`422\`.
- **Numbers are exact.** Inside free objects every digit is kept.`

/** The groups of operations, in the order of a day. */
export const TAGS: Readonly<Record<string, string>> = {
  handshake: 'Negotiate once, before all else.',
  projects: 'The project that a workspace belongs to.',
  sessions: 'A stretch of work: opened, found again, brought to an end.',
  signals: 'Events in, insights out.',
  state: 'Pictures of a session’s state.',
  agents: 'How agents do.',
  errors: 'What may have caused an error.',
  health: 'Whether the gateway and Core are well.',
}
