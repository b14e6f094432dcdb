/** What an agent is told of the server as a whole. */
export const INSTRUCTIONS = `Achilles records how people and agents work, and tells what it learned from it.

One piece of work is one session, in this order:
1. handshake: say who you are; learn how large batches may be.
2. projects_resolve: find or make the project of your workspace.
3. sessions_create: open a session under a key of your own; keep its session_id.
4. signals_ingest_batch, again and again: send what happened, many events at once. signals_insights tells at any time \
what was noticed, errors_correlate what may have caused an error, state_snapshot keeps your state.
5. agents_record_performance: record how you did. sessions_update: end the session.
After an interruption sessions_resolve finds the session again by your key.

A call that fails answers with isError and a problem: detail says what is wrong, issues names every faulty argument by \
its path, and retryable whether the same call may succeed later. Arguments are strict: leave out what you don't know \
rather than send null or unknown keys. Times are RFC 3339 with Z or an offset.`
