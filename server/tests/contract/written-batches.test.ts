import { stringifyJson } from '@achilles/mcp-contract'
import { describe, expect } from 'vitest'
import { reply } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'

const EVENT = { event_type: 'error', source_type: 'ide', session_id: 's', timestamp: '2026-03-02T09:00:00Z' }
const REST = '/api/achilles/v1/mcp/signals/events/batch'
const NATIVE = '/trpc/signals.ingestBatch'

/** Sends a body to a path; returns what reached Core. */
const test = base.extend('toCore', ({ core, gateway }) => async (path: string, body: string): Promise<string[]> => {
  core.answer(reply(200, { results: [{ event_id: 'a', status: 'accepted' }], failed: [] }))
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(gateway.url + path, { method: 'POST', headers, body })
  expect(await response.text()).toContain('accepted')
  return core.seen.map(({ text }) => text)
})

const event = (more = '') => `${JSON.stringify({ event_id: 'a', ...EVENT }).slice(0, -1)}${more}}`
const batch = (more?: string) => `{"events":[${event(more)}]}`

describe.each([
  ['REST', REST, (json: string) => json],
  ['native', NATIVE, (json: string) => `{"json":${json}}`],
])('a batch by %s', (_surface, path, wrapped) => {
  test.for([
    batch(),
    batch(',"payload":{"ä":1.0,"b":[true,null,"x:y",1e3]}'),
    ` { "events" : [ ${event(',"duration_ms" : 1.50')} ] } `,
  ])('is forwarded verbatim: %s', async (json, { toCore }) => {
    expect(await toCore(path, wrapped(json))).toEqual([json])
  })

  test.for<[string, string, string]>([
    ['a key of an event', batch(',"user_id":"eve","user_id":"ada"'), batch(',"user_id":"ada"')],
    ['a key in a payload', batch(',"payload":{"a":{"b":"","c":1},"a":2}'), batch(',"payload":{"a":2}')],
    ['a key before a blank', batch(',"user_id" :"eve","user_id" :"ada"'), batch(',"user_id":"ada"')],
    ['the events', `{"events":[${event(',"user_id":"eve"')}],"events":[${event()}]}`, batch()],
  ])('with %s twice is serialized again', async ([_what, json, read], { toCore }) => {
    expect(await toCore(path, wrapped(json))).toEqual([read])
  })

  test('with escape sequences is serialized again', async ({ toCore }) => {
    const [json, read] = [String.raw`,"payload":{"\u0061":"\/"}`, ',"payload":{"a":"/"}'].map(batch)
    expect(await toCore(path, wrapped(json as string))).toEqual([read])
  })

  test('with numbers beyond a double is serialized again', async ({ toCore }) => {
    const [seen] = await toCore(path, wrapped(batch(',"duration_ms":1.00000000000000000001')))
    expect(seen).toBe(batch(',"duration_ms":1'))
  })
})

test('an envelope with further or duplicate keys is parsed', async ({ toCore }) => {
  const dated = batch().replace('"timestamp"', '"timestamp" ')
  expect(await toCore(NATIVE, `{"json":${dated},"meta":{"values":{"events.0.timestamp":["Date"]}}}`)).toEqual([
    batch().replace('09:00:00Z', '09:00:00.000Z'),
  ])
  expect(await toCore(NATIVE, `{"json":${batch(',"user_id":"eve"')},"json":${batch()}}`)).toEqual([batch()])
})

test('a single event is sent as a batch', async ({ toCore }) => {
  expect(await toCore(REST.replace('/batch', ''), event())).toEqual([batch()])
})

test('calls in one native request each send their own events', async ({ toCore }) => {
  const calls = { 0: { json: JSON.parse(batch()) }, 1: { json: { events: [{ ...EVENT, event_id: 'b' }] } } }
  const path = `${NATIVE},signals.ingestBatch?batch=1`
  const seen = await toCore(path, stringifyJson(calls))
  expect(seen.sort()).toEqual([batch(), batch().replace('"a"', '"b"')].sort())
})
