import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { expect, test } from 'vitest'
import { lockDataDir } from '../../../embedded-core/src/data-dir-lock.ts'
import { openDatabase } from '../../../embedded-core/src/open-database.ts'
import { events, sessions } from '../../../embedded-core/src/schema.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { KillableGateway } from '../chaos/killable-gateway.ts'
import { freePort } from '../support/free-port.ts'
import { killCore } from '../support/kill-core.ts'

const BATCHES = 12
const CALLS = 20

/** The log records of a Claude Code session: `CALLS` finished tool calls for each batch. */
async function recordsOf(session: string) {
  const exporter = new InMemoryLogRecordExporter()
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'claude-code' }),
    processors: [new SimpleLogRecordProcessor({ exporter })],
  })
  const logger = provider.getLogger('com.anthropic.claude_code.events')
  for (let call = 0; call < BATCHES * CALLS; call++) {
    const attributes = { 'event.name': 'tool_result', 'session.id': session, tool_name: 'Bash', success: 'true' }
    logger.emit({ body: 'claude_code.tool_result', attributes: { ...attributes, tool_use_id: `toolu_${call}` } })
  }
  await provider.forceFlush()
  const records = [...exporter.getFinishedLogRecords()]
  return Array.from({ length: BATCHES }, (_, batch) => records.slice(batch * CALLS, (batch + 1) * CALLS))
}

test('gateway and Core are killed while an agent exports: nothing acknowledged is lost, nothing is doubled', async () => {
  const dataDir = await realpath(await mkdtemp(join(tmpdir(), 'achilles-otlp-')))
  await seedDataDir(dataDir)
  const halt = new AbortController()
  const onFault = (fault: Error) => halt.abort(fault)
  const gateway = new KillableGateway({ port: await freePort(), dataDir, signal: halt.signal, onFault })
  const exporter = new OTLPLogExporter({
    url: `${gateway.url}/v1/logs`,
    headers: { 'x-achilles-workspace': 'ws-1' },
    timeoutMillis: 60_000,
  })
  const kills = [
    async () => {
      await gateway.kill()
      gateway.start()
    },
    () => killCore(dataDir, halt.signal),
  ]
  gateway.start()
  for (const [index, batch] of (await recordsOf('a-session')).entries()) {
    let result: ExportResult | undefined
    const exported = async () => {
      result = await new Promise<ExportResult>((resolve) => exporter.export(batch, resolve))
    }
    const killed = index % 3 === 1 ? kills[index % 2]?.() : undefined
    // The exporter gives up after some seconds, but a slow machine may take longer to start a gateway.
    while (result?.code !== ExportResultCode.SUCCESS) {
      halt.signal.throwIfAborted()
      await exported()
    }
    await killed
  }
  await gateway.stop()

  const lock = await lockDataDir(dataDir, { waitMs: 60_000 })
  const database = await openDatabase({ dataDir })
  const stored = await database.db.select({ id: events.event_id, type: events.event_type }).from(events)
  const opened = await database.db.select({ key: sessions.external_session_key }).from(sessions)
  await database.close()
  await lock.release()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })

  expect(opened).toEqual([{ key: 'claude-code:a-session' }])
  const results = stored.filter(({ type }) => type === 'tool_result')
  expect(results).toHaveLength(BATCHES * CALLS)
  expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length)
})
