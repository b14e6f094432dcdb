import type { CompleteEvent, EventBatchResponse } from '@achilles/mcp-contract'
import { type Mock, vi } from 'vitest'
import type { GatewayClient } from '../../gateway-client.ts'
import { memorySpool } from '../../spool/memory-spool.ts'
import type { Opening } from '../opening.ts'
import type { BatchLimits } from '../pending-entries.ts'
import { Recorder } from '../recorder.ts'
import type { RecorderOptions } from '../recorder-options.ts'

export type Send = (events: CompleteEvent[], signal: AbortSignal) => Promise<EventBatchResponse>

export const accept: Send = async (events) => ({
  results: events.map(({ event_id }) => ({ event_id, status: 'accepted' })),
  failed: [],
})

export const OPENING: Opening = {
  handshake: { client_name: 'test', client_version: '1.0.0', workspace_id: 'ws' },
  session: { external_session_key: 'key', user_id: 'ada', workspace_id: 'ws', start_time: '2026-03-02T09:00:00Z' },
}

/** A gateway in front of a Core where each session opens as `ses_1`, unless the test changes a call. */
export function fakeGateway(send: Send, { maxEvents, maxBytes }: BatchLimits) {
  const session = { session_id: 'ses_1', status: 'active' }
  return {
    handshake: {
      mutate: vi.fn(async () => ({
        mcp_session_token: 'token',
        preferred_batch_size: maxEvents,
        max_payload_bytes: maxBytes,
      })),
    },
    projects: { resolve: { mutate: vi.fn(async () => ({ project_id: 'prj_1', created: false })) } },
    sessions: {
      create: { mutate: vi.fn(async (_input: object) => session) },
      update: { mutate: vi.fn(async (input: object) => ({ ...session, ...input })) },
    },
    signals: {
      ingestBatch: {
        mutate: ({ events }: { events: CompleteEvent[] }, { signal }: { signal: AbortSignal }) => send(events, signal),
      },
    },
    state: { snapshot: { mutate: vi.fn(async (input: object) => ({ snapshot_id: 'snp_1', ...input })) } },
    agents: { recordPerformance: { mutate: vi.fn(async (input: object) => ({ snapshot_id: 'prf_1', ...input })) } },
  }
}

export const LIMITS: BatchLimits = { maxEvents: 50, maxBytes: 5_000_000 }

/** A recorder whose batches are sent by `send`. */
export function startRecorder(
  send: Send | Mock<Send>,
  { spool = memorySpool(), ...options }: RecorderOptions = {},
  limits = LIMITS,
) {
  const recorder = new Recorder(fakeGateway(send, limits) as unknown as GatewayClient, OPENING, spool, options)
  recorder.start()
  return recorder
}
