import {
  ATTRIBUTION_SOURCES,
  EVENT_TYPES,
  findObjectFault,
  ID,
  type JsonObject,
  type MCPEvent,
  parseJson,
  SOURCE_TYPES,
  TIME,
  toDouble,
  toIsoString,
} from '@achilles/mcp-contract'
import { en } from 'zod/locales'
import * as z from 'zod/mini'
import type { SpooledEvent } from '../spool/spool.ts'

const id = () => z.string().check(z.regex(ID.pattern, ID.message))

const time = () => z.pipe(z.transform(toIsoString), z.string().check(z.regex(TIME.pattern, TIME.message)))

const double = (schema: z.ZodMiniNumber) => z.pipe(z.transform(toDouble), schema)

const jsonObject = () =>
  z.custom<JsonObject>().check((context) => {
    const fault = findObjectFault(context.value)
    if (fault) context.issues.push({ code: 'custom', input: context.value, ...fault })
  })

/**
 * The contract's `MCPEvent` in zod's small dialect, which is a quarter of the size in a browser's bundle. Tests compare
 * their verdicts, values and words.
 */
const EventSchema = z.strictObject({
  event_id: id(),
  event_type: z.enum(EVENT_TYPES),
  source_type: z.enum(SOURCE_TYPES),
  session_id: id(),
  timestamp: time(),
  project_id: z.optional(id()),
  workspace_id: z.optional(id()),
  user_id: z.optional(id()),
  agent_id: z.optional(id()),
  parent_event_id: z.optional(id()),
  correlation_id: z.optional(id()),
  file_path: z.optional(z.string()),
  language: z.optional(z.string()),
  duration_ms: z.optional(double(z.number().check(z.gte(0)))),
  attribution_source: z.optional(z.enum(ATTRIBUTION_SOURCES)),
  attribution_confidence: z.optional(double(z.number().check(z.gte(0), z.lte(1)))),
  agent_metadata: z.optional(jsonObject()),
  metadata_: z.optional(jsonObject()),
  payload: z.optional(jsonObject()),
})

// Given with each call: setting it once would change what zod says to the rest of the user's program. `async` is what zod
// adds of itself; where it is there already, its copy does not get a hidden class anew with each event.
const PARAMS = { error: en().localeError, async: false }

/** Checks an event by the contract, and gives it as it will be sent. */
export const parseEvent = (event: unknown) => EventSchema.safeParse(event, PARAMS)

/** The event that a spool keeps as JSON. */
export const toEvent = ({ json }: SpooledEvent): MCPEvent => parseJson(json, { decimals: 'nearest' }) as MCPEvent
