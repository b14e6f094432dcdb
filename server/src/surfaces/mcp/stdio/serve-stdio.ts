import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { ANONYMOUS } from '../../../http/principal.ts'
import type { Services } from '../../../procedures/context.ts'
import { oncePerMinute } from '../../../telemetry/log.ts'
import { RequestRecord } from '../../../telemetry/request-record.ts'
import { createMcpServer, type RunCall } from '../mcp-server.ts'
import type { ToolSet } from '../tools.ts'
import { type StdioFault, StdioTransport } from './stdio-transport.ts'

const FAULTS: Readonly<Record<StdioFault, string>> = {
  line_too_long: 'A message on standard input is longer than MAX_BODY_BYTES: it was discarded',
  output_stalled: 'Standard output is not being read: reading from standard input is paused until it is',
}

interface StdioServing {
  inputEnded: Promise<void>
  /** Resolves to false if in-flight requests took longer than `graceMs`. */
  finish(graceMs: number): Promise<boolean>
}

/** Without authentication: the peer process runs as the same user. */
export function serveMcpStdio(
  services: Services,
  { input, output, tools }: { input: Readable; output: Writable; tools?: ToolSet | undefined },
): StdioServing {
  let onInputEnd = () => {}
  const inputEnded = new Promise<void>((resolve) => {
    onInputEnd = resolve
  })
  const { log, metrics } = services.telemetry
  const isDue = oncePerMinute()
  const transport = new StdioTransport({
    input,
    output,
    maxMessageBytes: services.maxBodyBytes,
    onInputEnd,
    onFault(fault) {
      metrics.stdioFaults.inc({ reason: fault })
      if (isDue(fault)) log.warn({ reason: fault }, FAULTS[fault])
    },
  })
  // There is no HTTP request: each call has its own record.
  const runCall: RunCall = async (signal, call) => {
    const requestId = randomUUID()
    const record = new RequestRecord(services.telemetry, { surface: 'stdio', requestId, trace: {} })
    record.setPrincipal(ANONYMOUS.name)
    try {
      return await call({
        ...{ requestId, record, principal: ANONYMOUS, headers: {}, calls: 1 },
        receivedAt: Date.now(),
        disconnectSignal: signal,
      })
    } finally {
      record.end({ status: 200, disconnected: signal.aborted })
    }
  }
  const serving = serveStdio(() => createMcpServer(services, runCall, tools), { transport })
  return {
    inputEnded,
    async finish(graceMs) {
      const completed = await transport.finish(graceMs)
      await serving.close()
      return completed
    },
  }
}
