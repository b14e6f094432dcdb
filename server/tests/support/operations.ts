import * as contract from '@achilles/mcp-contract'
import { z } from 'zod'

/** One row of the contract's table of operations. */
export interface Operation {
  operation: string
  method: 'GET' | 'POST' | 'PATCH'
  path: string
  input: z.ZodObject | undefined
  /** A possible response of Core. */
  answer: unknown
  core: { method: string; path: string }
  /** Whether a call to Core has an idempotency key. */
  writes: boolean
  /** The body of the call to Core, if it differs from the input. */
  toCore?: (input: Record<string, unknown>) => unknown
}

const exampleOf = (schema: z.ZodType) => schema.meta()?.examples?.[0]

/** A valid input of an operation: the example of its schema. */
export const validInput = (operation: Operation) => exampleOf(operation.input ?? z.never()) as Record<string, unknown>

const batchAnswer = { results: [{ event_id: 'e-1', status: 'accepted' }], failed: [] }

export const OPERATIONS: Operation[] = [
  {
    operation: 'coreHealth',
    method: 'GET',
    path: '/health/core',
    input: undefined,
    answer: exampleOf(contract.MCPHealthResponse),
    core: { method: 'GET', path: '/mcp/health' },
    writes: false,
  },
  {
    operation: 'handshake',
    method: 'POST',
    path: '/handshake',
    input: contract.MCPHandshakeRequest,
    answer: exampleOf(contract.MCPHandshakeResponse),
    core: { method: 'POST', path: '/mcp/handshake' },
    writes: true,
  },
  {
    operation: 'sessions.create',
    method: 'POST',
    path: '/sessions',
    input: contract.MCPSessionCreate,
    answer: exampleOf(contract.SessionOut),
    core: { method: 'POST', path: '/mcp/sessions' },
    writes: true,
  },
  {
    operation: 'sessions.update',
    method: 'PATCH',
    path: '/sessions/{session_id}',
    input: contract.MCPSessionUpdate,
    answer: exampleOf(contract.SessionOut),
    core: { method: 'PATCH', path: '/mcp/sessions/ses_8c41' },
    writes: true,
    toCore: ({ session_id: _, ...state }) => state,
  },
  {
    operation: 'sessions.resolve',
    method: 'POST',
    path: '/sessions/resolve',
    input: contract.MCPSessionResolve,
    answer: exampleOf(contract.MCPSessionResolveResponse),
    core: { method: 'POST', path: '/mcp/sessions/resolve' },
    writes: false,
  },
  {
    operation: 'projects.resolve',
    method: 'POST',
    path: '/projects/resolve',
    input: contract.MCPProjectResolve,
    answer: exampleOf(contract.ProjectResolveResponse),
    core: { method: 'POST', path: '/projects/resolve' },
    writes: true,
  },
  {
    operation: 'signals.ingestBatch',
    method: 'POST',
    path: '/signals/events/batch',
    input: contract.MCPEventBatch,
    answer: batchAnswer,
    core: { method: 'POST', path: '/signals/events/batch' },
    writes: true,
  },
  {
    operation: 'signals.ingest',
    method: 'POST',
    path: '/signals/events',
    input: contract.MCPEvent,
    answer: batchAnswer,
    core: { method: 'POST', path: '/signals/events/batch' },
    writes: true,
    toCore: (event) => ({ events: [event] }),
  },
  {
    operation: 'signals.insights',
    method: 'POST',
    path: '/signals/insights',
    input: contract.MCPInsightsQuery,
    answer: [exampleOf(contract.InsightOut)],
    core: { method: 'POST', path: '/signals/insights' },
    writes: false,
  },
  {
    operation: 'state.snapshot',
    method: 'POST',
    path: '/state/session',
    input: contract.MCPSessionSnapshotRequest,
    answer: exampleOf(contract.MCPSessionSnapshotResponse),
    core: { method: 'POST', path: '/state/session' },
    writes: true,
  },
  {
    operation: 'agents.recordPerformance',
    method: 'POST',
    path: '/agents/performance',
    input: contract.MCPAgentPerformanceSnapshot,
    answer: exampleOf(contract.MCPAgentPerformanceResponse),
    core: { method: 'POST', path: '/agents/performance' },
    writes: true,
  },
  {
    operation: 'errors.correlate',
    method: 'POST',
    path: '/errors/correlations',
    input: contract.MCPErrorCorrelationRequest,
    answer: exampleOf(contract.MCPErrorCorrelationResponse),
    core: { method: 'POST', path: '/errors/correlations' },
    writes: true,
  },
]

export function operationNamed(name: string): Operation {
  const found = OPERATIONS.find(({ operation }) => operation === name)
  if (!found) throw new Error(`${name} is no operation`)
  return found
}
