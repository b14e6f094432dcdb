import {
  ATTRIBUTION_SOURCES,
  describeIssue,
  EVENT_TYPES,
  findObjectFault,
  ID,
  type JsonObject,
  SOURCE_TYPES,
  TIME,
  toDouble,
  toIsoString,
} from '@achilles/mcp-contract'
import * as z from 'zod/mini'

const id = () => z.string().check(z.regex(ID.pattern, ID.message))

const time = () => z.pipe(z.transform(toIsoString), z.string().check(z.regex(TIME.pattern, TIME.message)))

const double = (schema: z.ZodMiniNumber) => z.pipe(z.transform(toDouble), schema)

const jsonObject = () =>
  z.custom<JsonObject>().check((context) => {
    const fault = findObjectFault(context.value)
    if (fault) context.issues.push({ code: 'custom', input: context.value, ...fault })
  })

/** The contract's `MCPEvent` without `session_id`, in zod/mini, which is a quarter of the size in a bundle. Tests compare the two. */
const EventSchema = z.strictObject({
  event_id: id(),
  event_type: z.enum(EVENT_TYPES),
  source_type: z.enum(SOURCE_TYPES),
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

// Passed with each call, since a global setting would affect the user's own use of zod. zod adds `async` to its copy if
// it is missing, which costs a hidden class per event.
const PARAMS = { error: describeIssue, async: false }

export const parseEvent = (event: unknown) => EventSchema.safeParse(event, PARAMS)
