import { Hono } from 'hono'
import { expect, test } from 'vitest'
import type { GatewayEnv } from '../http/env.ts'
import { securityHeaders } from './security-headers.ts'

const app = new Hono<GatewayEnv>().use(securityHeaders()).get('/', (c) => c.text('page'))

const namesFor = async (headers: Record<string, string>) => [...(await app.request('/', { headers })).headers.keys()]

test('pages over TLS or from localhost get all headers, others the ones that browsers do not ignore there', async () => {
  const ignored = ['cross-origin-opener-policy', 'origin-agent-cluster']
  const plain = await namesFor({})
  expect(plain).toEqual(expect.arrayContaining(['x-content-type-options', 'x-frame-options', 'referrer-policy']))
  expect(plain).not.toContain('strict-transport-security')
  expect((await namesFor({ 'sec-fetch-site': 'none' })).toSorted()).toEqual([...plain, ...ignored].toSorted())
})
