import type { AgentReport, AgentSource, Telemetry } from '@achilles/agent-sources'
import type { EventType } from '@achilles/mcp-contract'

/** The attributes that `testSource` reads; text that is not valid makes an invalid event. */
export interface TestAttributes {
  session: string
  /** The id of the event. */
  id?: string
  type?: string
  cwd?: string
  user?: string
  end?: string
  prompt?: string
}

/** An agent made up for tests: what it exports has the scope `test-agent`, and one event for each record. */
export const testSource: AgentSource = {
  name: 'test-agent',
  recognizes: ({ scope }) => scope === 'test-agent',
  readLogRecord: (record) => toReport(record, record.timestamp),
  readSpan: (span) => toReport(span, span.startTime),
  besideHooks: { tool_call: 'drop', agent_response: 'custom' },
}

/** A source with a fault: it throws. */
export const faultySource: AgentSource = {
  name: 'faulty',
  recognizes: ({ scope }) => scope === 'faulty',
  readLogRecord() {
    throw new Error('a fault of the source')
  },
}

const [COMPLETED, FAILED] = ['completed', 'failed'] as const

function toReport({ name, attributes }: Telemetry, timestamp: string): AgentReport | undefined {
  const { session, id, cwd, user, end, prompt, type } = attributes
  if (typeof session !== 'string') return undefined
  const endStatus = [COMPLETED, FAILED].find((status) => status === end)
  return {
    session: {
      key: `test-agent:${session}`,
      ...(typeof cwd === 'string' && { cwd }),
      ...(typeof user === 'string' && { userId: user }),
      ...(endStatus && { endStatus }),
    },
    events:
      typeof id === 'string'
        ? [
            {
              event_id: id,
              // Not checked, so that tests can make the gateway reject an event.
              event_type: (type ?? 'custom') as EventType,
              source_type: 'agent',
              timestamp,
              payload: { name },
              ...(typeof prompt === 'string' && { content: { prompt } }),
            },
          ]
        : [],
  }
}
