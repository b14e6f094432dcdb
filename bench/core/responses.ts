import type { InsightOut, SessionOut } from '@achilles/mcp-contract'

export const SESSION: SessionOut = {
  session_id: 'ses_8c41f0aa27d2',
  external_session_key: 'vscode-7f3a',
  user_id: 'ada',
  workspace_id: 'ws-checkout',
  project_id: null,
  status: 'active',
  start_time: '2026-03-02T09:00:00Z',
  end_time: null,
  tags: ['refactoring', 'checkout'],
  config_snapshot: { editor: { tab_size: 2, format_on_save: true } },
  created_at: '2026-03-02T09:00:00.412915Z',
  updated_at: '2026-03-02T09:00:00.412915Z',
}

export const INSIGHTS: InsightOut[] = Array.from({ length: 10 }, (_, index) => ({
  insight_id: `ins_77b2${index}`,
  session_id: SESSION.session_id,
  severity: 'medium',
  category: 'reliability',
  title: 'Burst of errors',
  message: '6 errors within 5 minutes in src/cart.ts, most of them while the tests ran.',
  agent_id: null,
  payload: { errors: 6, window_minutes: 5, files: ['src/cart.ts', 'src/checkout.ts'] },
  created_at: '2026-03-02T12:10:00.000000Z',
}))

const KEY = Buffer.from('"event_id":')
const QUOTE = '"'.charCodeAt(0)
const HEAD = Buffer.from('{"results":[')
const BEFORE_ID = Buffer.from('{"event_id":"')
const AFTER_ID = Buffer.from('","status":"accepted"},')
const TAIL = Buffer.from('],"failed":[]}')

/** Searches for ids instead of parsing: correct only for the bench's events, whose payloads have no `event_id`. */
export function resultsFor(batch: Buffer): Buffer {
  const parts: Buffer[] = [HEAD]
  for (let at = batch.indexOf(KEY); at !== -1; at = batch.indexOf(KEY, at)) {
    // Python writes a space after the colon.
    const start = batch.indexOf(QUOTE, at + KEY.length) + 1
    at = batch.indexOf(QUOTE, start)
    parts.push(BEFORE_ID, batch.subarray(start, at), AFTER_ID)
  }
  const last = parts.pop()
  if (last) parts.push(last === HEAD ? HEAD : last.subarray(0, -1))
  parts.push(TAIL)
  return Buffer.concat(parts)
}
