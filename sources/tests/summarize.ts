import type { AgentReport } from '../src/agent-source.ts'

/** A line an event, for comparison in tests. */
export function summarize(reports: readonly (AgentReport | undefined)[]): string[] {
  return reports.flatMap((report) =>
    (report?.events ?? []).map(({ event_type, file_path, duration_ms, payload = {} }) => {
      const { kind, tool_name, success, exit_code, lines_added, lines_removed, cost_usd } = payload
      const words = [
        event_type,
        kind,
        tool_name,
        file_path,
        success === undefined ? undefined : success ? 'ok' : 'failed',
        exit_code === undefined ? undefined : `exit ${exit_code}`,
        lines_added === undefined ? undefined : `+${lines_added} -${lines_removed}`,
        payload.input_tokens === undefined ? undefined : `${payload.input_tokens} in ${payload.output_tokens} out`,
        cost_usd === undefined ? undefined : `${cost_usd} USD`,
        duration_ms === undefined ? undefined : `${duration_ms}ms`,
      ]
      const { endStatus } = report?.session ?? {}
      return `${words.filter((word) => word !== undefined).join(' ')}${endStatus ? `, session ${endStatus}` : ''}`
    }),
  )
}
