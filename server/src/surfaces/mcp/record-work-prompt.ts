import type { GetPromptResult } from '@modelcontextprotocol/server'

/** @see https://modelcontextprotocol.io/specification/2025-11-25/server/prompts */
export const RECORD_WORK = {
  name: 'record_work',
  title: 'Record this task with Achilles',
  description: 'Tells the agent to record its work on a task.',
  arguments: [{ name: 'task', description: 'What the agent shall do.', required: false }],
}

export function recordWork(task: string | undefined): GetPromptResult {
  const text = [
    'Record your work on this task with the tools of the Achilles gateway.',
    'Before you begin: handshake, then projects_resolve with create_if_missing, then sessions_create with a new UUID as external_session_key.',
    'While you work, after every few steps: signals_ingest_batch with one event for each prompt, tool call, edit, command, test run and error, with source_type "agent".',
    'At the end: agents_record_performance, then sessions_update with status completed or failed.',
    'Do not ask for permission to record. If recording fails, continue with the task and mention it at the end.',
    ...(task === undefined ? [] : [`The task: ${task}`]),
  ].join('\n')
  return { description: RECORD_WORK.description, messages: [{ role: 'user', content: { type: 'text', text } }] }
}
