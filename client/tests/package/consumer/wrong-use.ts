import type { GatewayClient, Session, SessionOptions } from '@achilles/mcp-client'
import * as entry from '@achilles/mcp-client'

const who = { client_name: '', client_version: '', workspace_id: '', user_id: '', external_session_key: '' }

/** What must not compile. */
export function wrongUse(gateway: GatewayClient, session: Session): unknown[] {
  return [
    // @ts-expect-error no such procedure
    gateway.sessions.remove,
    // @ts-expect-error no such namespace
    gateway.session,
    // @ts-expect-error a query, not a mutation
    gateway.health.mutate,
    // @ts-expect-error a mutation, not a query
    gateway.sessions.create.query,
    // @ts-expect-error not a status that can be set
    gateway.sessions.update.mutate({ session_id: 's', status: 'done' }),
    // @ts-expect-error unknown key
    gateway.sessions.resolve.query({ external_session_key: 'k', sesion: 's' }),
    // @ts-expect-error a key is missing
    gateway.sessions.resolve.query({ workspace_id: 'w' }),
    // @ts-expect-error no such type of event
    session.record({ event_type: 'file_burned', source_type: 'ide' }),
    // @ts-expect-error unknown key
    session.record({ event_type: 'file_saved', source_type: 'ide', filepath: 'src/cart.ts' }),
    // @ts-expect-error not a JSON object
    session.record({ event_type: 'file_saved', source_type: 'ide', payload: 'text' }),
    // @ts-expect-error no such type of snapshot
    session.snapshot('picture', {}),
    // @ts-expect-error user_id is missing
    { client_name: '', client_version: '', workspace_id: '', external_session_key: '' } satisfies SessionOptions,
    // @ts-expect-error unknown key of a call's context
    gateway.health.query(undefined, { context: { 'idempotency-key': 'k' } }),
    // @ts-expect-error what belongs in the context
    gateway.health.query(undefined, { requestId: 'r' }),
    // @ts-expect-error no project without workspace_root
    { ...who, create_project: true } satisfies SessionOptions,
    // @ts-expect-error nor anything to be said of one
    { ...who, labels: { team: 'shop' } } satisfies SessionOptions,
    // @ts-expect-error unknown option
    { ...who, flushInterval: 1 } satisfies SessionOptions,
    // @ts-expect-error unknown option
    session.end('completed', { deadline: 1 }),
    // @ts-expect-error schemas are no part of the package, only their types
    entry.MCPEvent,
  ]
}
