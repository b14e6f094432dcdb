import type { Telemetry } from './agent-source.ts'
import { boundedJson } from './bounded-json.ts'

const MAX_LENGTH = 256
const CONTROL = /[\x00-\x1f\x7f-\x9f]/

/** A valid id of the contract from parts that are the agent's own: joined by colons, or a hash if that is not valid. */
export function toId(...parts: readonly string[]): string {
  const id = parts.join(':')
  if (id.length > 0 && id.length <= MAX_LENGTH && !CONTROL.test(id)) return id
  return `sha256:${hash(id)}`
}

/** 128 bits of the SHA-256 of a text. */
export function hash(text: string): string {
  // Loaded only here: an agent waits for its hooks, most of which need no hash.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

const HASHED = { text: 65_536, total: 1_048_576 }

/** The hash of the first 16 levels and 1 Mi characters of an object, whatever the order of the keys at its first level. */
export function hashFields(fields: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(boundedJson(fields, HASHED) ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return hash(JSON.stringify(entries, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)))
}

/** What distinguishes a record without an id: a record that the exporter sends again has the same fingerprint. */
export function fingerprint({ name, attributes }: Telemetry, time: string): string {
  return hashFields({ ...attributes, '': [name, time] })
}
