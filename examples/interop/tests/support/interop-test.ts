import { readFileSync } from 'node:fs'
import { test as base, expect } from 'vitest'
import { type Gateway, postJson, startGateway } from './gateway.ts'
import { createSessionScript, type SessionScript } from './session-script.ts'
import type { ToolClient } from './tool-client.ts'

/** A row of the table that is printed at the end. */
interface InteropRow {
  tool: string
  version: string
  transport: string
}

declare module 'vitest' {
  interface TaskMeta {
    interop?: InteropRow
  }
}

// biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures wanted from the pattern.
const test = base.extend('gateway', { scope: 'file' }, async ({}, { onCleanup }) => {
  const gateway = await startGateway()
  onCleanup(() => gateway.stop())
  return gateway
})

/** A test that is a row of the table. */
export function interopTest(
  tool: string,
  transport: string,
  run: (gateway: Gateway) => Promise<void>,
  { skip = false } = {},
): void {
  const interop = { tool, version: getVersion(tool), transport }
  test(`${tool} ${interop.version}, ${transport}`, { meta: { interop }, skip }, ({ gateway }) => run(gateway))
}

/** Tests that a client can record a session with its tools, and shows the gateway's errors. */
export function testClient(tool: string, transport: string, connect: (gateway: Gateway) => Promise<ToolClient>): void {
  interopTest(tool, transport, async (gateway) => {
    const client = await connect(gateway)
    try {
      await recordSession(gateway, client)
    } finally {
      await client.close()
    }
  })
}

/** Runs a session through a client's tools. */
export async function recordSession(
  gateway: Gateway,
  client: Pick<ToolClient, 'tools' | 'call'>,
  headers?: Record<string, string>,
): Promise<void> {
  const script = createSessionScript()
  const results: string[] = []
  for (let call = script.next(results); call; call = script.next(results)) {
    expect(client.tools).toContain(call.tool)
    const running = client.call(call.tool, call.input)
    if (results.length !== script.rejected) results.push(await running)
    else results.push(await running.then(failOnSuccess, (error: Error) => error.message))
  }
  await expectRecorded(gateway, script, results, headers)
}

/** Tests that an agent, whose model asks for the script's calls, records a session. */
export function testAgent(
  tool: string,
  transport: string,
  run: (gateway: Gateway, script: SessionScript) => Promise<string[]>,
): void {
  interopTest(tool, `${transport}, agent`, async (gateway) => {
    const script = createSessionScript()
    await expectRecorded(gateway, script, await run(gateway, script))
  })
}

/** Reads over REST that Core has the script's events, and checks the texts that the client got. */
async function expectRecorded(
  gateway: Gateway,
  script: SessionScript,
  results: string[],
  headers?: Record<string, string>,
): Promise<void> {
  expect(results[script.rejected]).toContain(script.detail)
  expect(JSON.parse(results.at(-1) ?? '')).toMatchObject({ status: 'completed' })
  expect(script.next(results)).toBeUndefined()
  const batch = script.batch(results)
  expect(await postJson(gateway, '/signals/events/batch', batch, headers)).toEqual({
    results: batch.events.map(({ event_id }) => ({ event_id, status: 'duplicate' })),
    failed: [],
  })
  const insights = await postJson(gateway, '/signals/insights', { session_id: script.sessionId(results) }, headers)
  expect(insights).toMatchObject([{ title: 'Burst of errors' }])
}

function failOnSuccess(result: string): never {
  throw new Error(`the client reported no error: ${result}`)
}

function getVersion(tool: string): string {
  const manifest = new URL(`../../node_modules/${tool}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
