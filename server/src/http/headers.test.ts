import { expect, test } from 'vitest'
import { admitsJson } from './headers.ts'

test.each([
  null,
  '',
  ' ',
  '*/*',
  'application/*',
  'application/json',
  'APPLICATION/JSON',
  'application/json; charset=utf-8',
  'text/html, application/json;q=0.1',
  'text/html;q=1,*/*;Q=0.001',
  'application/json;q=1.0,*/*;q=0',
  'application/*;q=0,application/json',
  'application/json ; q = 0.5 , text/event-stream',
  'text/plain;title="a, b", application/json',
])('%j admits JSON', (accept) => {
  expect(admitsJson(accept)).toBe(true)
})

test.each([
  'text/html',
  'text/event-stream',
  'application/json;q=0',
  'APPLICATION/JSON;Q=0',
  'application/json;q=0.000, text/event-stream',
  'application/json;q=0, */*',
  'application/jsonp',
  'application/vnd.api+json',
  'text/plain;title=", application/json"',
  '/',
  ',;,',
])('%j does not admit JSON', (accept) => {
  expect(admitsJson(accept)).toBe(false)
})
