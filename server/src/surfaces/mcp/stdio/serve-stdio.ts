import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { ANONYMOUS } from '../../../gate/principal.ts'
import type { Services } from '../../../procedures/context.ts'
import { createMcpServer } from '../mcp-server.ts'
import { StdioTransport } from './stdio-transport.ts'

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
  const transport = new StdioTransport({ input, output, maxMessageBytes: services.maxBodyBytes, onInputEnd })
  const inbound = () => ({ requestId: randomUUID(), principal: ANONYMOUS, headers: {}, calls: 1 })
  const serving = serveStdio(() => createMcpServer(services, inbound), { transport })
  return {
    inputEnded,
    async finish(graceMs) {
      const answered = await transport.finish(graceMs)
      await serving.close()
      return answered
    },
  }
}
