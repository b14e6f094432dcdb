/** What each program sends. */
export const BASE_URL = `${process.env.GATEWAY_URL}/api/achilles/v1/mcp`
export const TIME = '2026-03-04T09:00:00Z'
export const workspace = { workspace_id: `ws-${process.env.SESSION_KEY}` }
export const handshakeInput = { ...workspace, client_name: 'interop', client_version: '1' }
export const projectInput = { ...workspace, workspace_root: '/home/ada/checkout', create_if_missing: true }
export const sessionInput = {
  ...workspace,
  external_session_key: `${process.env.SESSION_KEY}`,
  user_id: 'ada',
  start_time: TIME,
}

export const eventInputs = (session_id: string) =>
  Array.from({ length: 6 }, (_, index) => ({
    event_id: `event-${index}`,
    event_type: 'error' as const,
    source_type: 'ide' as const,
    session_id,
    timestamp: TIME,
  }))

/** What each program prints. */
export interface Outcome {
  session_id: string
  accepted: number
  insights: string[]
  status: string
  problem: { code: string; detail: string }
}

export const print = (outcome: Outcome): boolean => process.stdout.write(JSON.stringify(outcome))
