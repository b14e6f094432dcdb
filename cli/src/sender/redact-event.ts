import type { Json, JsonObject, NewEvent } from '@achilles/mcp-client'
import { redact } from '../redaction/redact.ts'

/** Removes secrets from all texts of an event but its ids. */
export function redactEvent(event: NewEvent): NewEvent {
  const { payload, metadata_, agent_metadata, file_path } = event
  return {
    ...event,
    ...(payload && { payload: redactObject(payload) }),
    ...(metadata_ && { metadata_: redactObject(metadata_) }),
    ...(agent_metadata && { agent_metadata: redactObject(agent_metadata) }),
    ...(file_path !== undefined && { file_path: redact(file_path) }),
  }
}

function redactObject(value: object): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, redactValue(child, key)]))
}

function redactValue(value: Json, key: string): Json {
  if (typeof value === 'string') return redact(value, key)
  if (Array.isArray(value)) return value.map((child) => redactValue(child, key))
  return typeof value === 'object' && value !== null ? redactObject(value) : value
}
