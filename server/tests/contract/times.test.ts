import { MCPEvent } from '@achilles/mcp-contract'
import { describe, expect } from 'vitest'
import { parseEvent } from '../../../client/src/recorder/event-schema.ts'
import { acceptAll } from '../support/event-core.ts'
import { reply } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'

const eventAt = (timestamp: string) => ({
  event_id: 'e',
  event_type: 'error' as const,
  source_type: 'ide' as const,
  session_id: 's',
  timestamp,
})

const test = base.extend(
  'onAllSurfaces',
  ({ gateway }) =>
    (timestamp: string) =>
      Promise.all([
        gateway.rest('POST', '/signals/events', eventAt(timestamp)),
        gateway.native('signals.ingest', eventAt(timestamp)),
        gateway.mcp('signals.ingest', eventAt(timestamp)),
        gateway.rest('POST', '/signals/events/batch', { events: [eventAt(timestamp)] }),
      ]),
)

describe('RFC 3339 times reach Core character for character', () => {
  test.for([
    '2026-03-02T09:04:11Z',
    '2026-03-02t09:04:11z',
    '2026-03-02T09:04:11z',
    '2026-03-02t09:04:11+01:00',
    '2026-03-02T09:04:11-00:00',
    '2026-03-02T09:04:11+23:59',
    '2026-03-02T09:04:11.4Z',
    `2026-03-02T09:04:11.${'01234567'.repeat(8)}-23:59`,
    '2024-02-29T23:59:59Z',
    '2000-02-29T00:00:00Z',
    '0000-02-29T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
  ])('%s', async (time, { core, onAllSurfaces }) => {
    core.answer(acceptAll)
    for (const { status, text } of await onAllSurfaces(time)) expect(status, text).toBe(200)
    for (const { text } of core.seen) expect(JSON.parse(text).events[0].timestamp).toBe(time)
    const { session_id, ...recorded } = eventAt(time)
    expect(parseEvent(recorded)).toEqual({ success: true, data: recorded })
    expect(MCPEvent.parse(eventAt(time))).toEqual({ ...recorded, session_id })
    // Core must be able to read it too.
    expect(Date.parse(time.toUpperCase())).not.toBeNaN()
  })
})

const RIGHT_FORM = '2026-03-02T09:04:11+01:00'

describe('other times are rejected with an example of the right format', () => {
  test.for<[string, string]>([
    ['an offset without a colon', '2026-03-02T09:04:11+0100'],
    ['an offset of hours', '2026-03-02T09:04:11+01'],
    ['a negative offset without a colon', '2026-03-02t09:04:11.5-0330'],
    ['an offset past 23 hours', '2026-03-02T09:04:11+24:00'],
    ['an offset of 60 minutes', '2026-03-02T09:04:11+01:60'],
    ['no offset', '2026-03-02T09:04:11'],
    ['both', '2026-03-02T09:04:11Z+01:00'],
    ['no seconds', '2026-03-02T09:04Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['the end of a day', '2026-03-02T24:00:00Z'],
    ['29 February of another year', '2026-02-29T09:04:11Z'],
    ['29 February of 1900', '1900-02-29T09:04:11Z'],
    ['31 April', '2026-04-31T09:04:11Z'],
    ['month 13', '2026-13-02T09:04:11Z'],
    ['day 0', '2026-03-00T09:04:11Z'],
    ['a space', '2026-03-02 09:04:11Z'],
    ['a comma', '2026-03-02T09:04:11,5Z'],
    ['65 decimals', `2026-03-02T09:04:11.${'1'.repeat(65)}Z`],
    ['a point without decimals', '2026-03-02T09:04:11.Z'],
    ['five digits of a year', '12026-03-02T09:04:11Z'],
    ['a year with a sign', '+002026-03-02T09:04:11Z'],
    ['the basic format', '20260302T090411Z'],
    ['a day alone', '2026-03-02'],
    ['seconds since 1970', '1772442251'],
    ['digits of another script', '٢٠٢٦-03-02T09:04:11Z'],
    ['a line break at the end', '2026-03-02T09:04:11Z\n'],
    ['a space at the beginning', ' 2026-03-02T09:04:11Z'],
  ])('%s: %j', async ([_what, time], { core, onAllSurfaces }) => {
    core.answer(acceptAll)
    for (const { problem } of await onAllSurfaces(time)) {
      expect(problem).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
      expect(problem?.issues?.[0]?.path).toMatch(/^(events\[0\]\.)?timestamp$/)
      expect(problem?.issues?.[0]?.message).toContain(RIGHT_FORM)
    }
    expect(core.seen).toEqual([])
    const { session_id: _, ...recorded } = eventAt(time)
    expect(parseEvent(recorded).success).toBe(false)
  })

  test.for(['+01:00', '+0100'])('a query with an unescaped plus: %s', async (offset, { core, gateway }) => {
    core.answer(reply(200, []))
    const query = await gateway.rest('GET', `/signals/insights?session_id=s&since=2026-03-02T09:04:11${offset}`)
    expect(query.problem?.issues).toEqual([{ path: 'since', message: expect.stringContaining(RIGHT_FORM) }])
  })
})
