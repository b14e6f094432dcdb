import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { core, gateway, useScriptedGateway } from './scripted-gateway.ts'
import { startTestGateway } from './test-gateway.ts'

useScriptedGateway()

test('/ is a page that needs nothing but what the gateway serves', async () => {
  const answer = await fetch(`${gateway.url}/`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/html; charset=UTF-8')
  expect(answer.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; " +
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
  const page = await answer.text()
  for (const [, path = ''] of page.matchAll(/(?:href|src)="(\/[^"]*)"/g))
    expect((await fetch(gateway.url + path)).status, path).toBe(200)
  expect(page).not.toMatch(/<script(?! src="\/)|<style|style=|\son\w+=|\{\{/)
  expect((await fetch(`${gateway.url}/landing.js`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect((await fetch(`${gateway.url}/landing.css`)).headers.get('content-type')).toBe('text/css; charset=utf-8')
})

test('nothing of a request is in the page', async () => {
  const asked = await fetch(`${gateway.url}/?<script>alert(1)</script>`, { headers: { referer: 'http://x/"><b>' } })
  expect(await asked.text()).toBe(await (await fetch(`${gateway.url}/`)).text())
})

test('a key is spoken of only where one is wanted', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'achilles-'))
  const apiKeysFile = join(directory, 'keys.json')
  const sha256 = createHash('sha256').update('k').digest('hex')
  await writeFile(apiKeysFile, JSON.stringify([{ name: 'a', sha256 }]))
  const guarded = await startTestGateway(core, { gate: { apiKeysFile } })
  const pages = await Promise.all([gateway, guarded].map(async ({ url }) => (await fetch(`${url}/`)).text()))
  expect(pages.map((page) => page.split('YOUR_KEY').length - 1)).toEqual([0, 4])
  await guarded.close()
  await rm(directory, { recursive: true })
})

test('other methods are refused as everywhere', async () => {
  const answer = await fetch(`${gateway.url}/`, { method: 'POST' })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test('it is not there where the settings say so', async () => {
  const bare = await startTestGateway(core, { landing: false })
  for (const path of ['/', '/landing.js', '/landing.css']) {
    const answer = await fetch(bare.url + path)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  }
  expect((await fetch(`${bare.url}/docs`)).status).toBe(200)
  await bare.close()
})
