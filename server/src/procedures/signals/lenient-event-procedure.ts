import {
  type EventBatchFailed,
  isPlainObject,
  MAX_BATCH_EVENTS,
  MCPEvent,
  parseBounded,
  sameEventId,
  shortened,
  toIssues,
} from '@achilles/mcp-contract'
import { z } from 'zod'
import { createEventId } from './complete-events.ts'
import { eventProcedure } from './event-procedure.ts'

/** With `Prefer: handling=lenient` invalid events are in `failed`, and only the valid ones are forwarded. */
export const lenientEventProcedure = eventProcedure.use(async ({ ctx, getRawInput, next }) => {
  const { preference } = ctx.inbound
  const none: EventBatchFailed[] = []
  if (!preference) return next({ ctx: { rejected: none } })
  const input = await getRawInput()
  // Anything else is rejected as a whole.
  if (!isPlainObject(input) || !Array.isArray(input.events) || input.events.length > MAX_BATCH_EVENTS) {
    return next({ ctx: { rejected: none } })
  }
  const { valid, rejected } = splitBatch(input.events, ctx.idempotencyKey)
  if (valid.length === 0 && rejected.length > 0) {
    preference.applied = true
    // tRPC types only what `next` returns. Without a valid event there is nothing to call Core for.
    return { ok: true, data: { results: [], failed: rejected } } as never
  }
  if (rejected.length > 0) ctx.raw.input = undefined
  const withoutRejected = { getRawInput: async () => (rejected.length > 0 ? { ...input, events: valid } : input) }
  // tRPC's types admit either change, not both.
  const changes: { ctx: { rejected: EventBatchFailed[] } } = { ctx: { rejected }, ...withoutRejected }
  const result = await next(changes)
  preference.applied = result.ok
  return result
})

interface Split {
  valid: unknown[]
  rejected: EventBatchFailed[]
}

function splitBatch(events: readonly unknown[], key: string | undefined): Split {
  const valid: unknown[] = []
  const rejected: EventBatchFailed[] = []
  const firstAt = new Map<string, number>()
  for (const [index, event] of events.entries()) {
    const given = isPlainObject(event) && typeof event.event_id === 'string' ? event.event_id : undefined
    const event_id = given ?? createEventId(key, index)
    const first = firstAt.get(event_id)
    const error = first === undefined ? findFault(event, index) : `events[${index}].event_id: ${sameEventId(first)}`
    if (error !== undefined) rejected.push({ event_id: shortened(event_id, LONGEST_ID), error, code: 'BAD_REQUEST' })
    else {
      firstAt.set(event_id, index)
      // With the id that it has in the whole batch.
      valid.push(given === undefined ? { ...(event as object), event_id } : event)
    }
  }
  return { valid, rejected }
}

const LONGEST_ID = 256
const LONGEST_ERROR = 1024

function findFault(event: unknown, index: number): string | undefined {
  try {
    parseBounded(MCPEvent, event)
    return undefined
  } catch (error) {
    if (!(error instanceof z.core.$ZodError)) throw error
    const issues = toIssues(error).map(({ path, message }) => `events[${index}]${path && `.${path}`}: ${message}`)
    return shortened(issues.join('; '), LONGEST_ERROR)
  }
}
