import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { ANONYMOUS } from '../../../gate/principal.ts'
import type { Services } from '../../../procedures/context.ts'
import { oncePerMinute } from '../../../telemetry/once-per-minute.ts'
import { RequestRecord } from '../../../telemetry/request-record.ts'
import { createMcpServer, type Within } from '../mcp-server.ts'
import { type StdioFault, StdioTransport } from './stdio-transport.ts'

const FAULTS: Readonly<Record<StdioFault, string>> = {
  line_too_long: 'A message on standard input is longer than MAX_BODY_BYTES: it was not read',
  output_stalled: 'Nobody reads standard output: nothing more is read from standard input until somebody does',
}

/** The Model Context Protocol on a pair of streams. */
interface StdioServing {
  inputEnded: Promise<void>
  /** Reads no more, lets what is in flight finish, and closes: true, or false where `graceMs` were too short. */
  finish(graceMs: number): Promise<boolean>
}

/** Serves the process at the other end of the streams. It runs as the same user, so nobody is asked for credentials. */
export function serveMcpStdio(
  services: Services,
  { input, output }: { input: Readable; output: Writable },
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
  // There are no requests but calls: each has a record of its own.
  const within: Within = async (signal, call) => {
    const requestId = randomUUID()
    const record = new RequestRecord(services.telemetry, { surface: 'stdio', requestId, trace: {} })
    record.calledBy(ANONYMOUS.name)
    try {
      return await call({ requestId, record, principal: ANONYMOUS, headers: {}, calls: 1, hangUp: signal })
    } finally {
      record.end({ status: 200, hungUp: signal.aborted })
    }
  }
  const serving = serveStdio(() => createMcpServer(services, within), { transport })
  return {
    inputEnded,
    async finish(graceMs) {
      const answered = await transport.finish(graceMs)
      await serving.close()
      return answered
    },
  }
}
