import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Gateway } from '../support/gateway.ts'
import { testClient } from '../support/interop-test.ts'
import { toToolClient } from '../support/tool-client.ts'

const ME = { name: 'interop', version: '1' }

async function connectV1(transport: HttpV1 | StdioV1) {
  const client = new ClientV1(ME)
  await client.connect(transport)
  return toToolClient(client)
}

async function connectV2(transport: HttpV2 | StdioV2) {
  const client = new ClientV2(ME, { versionNegotiation: { mode: 'auto' } })
  await client.connect(transport)
  return toToolClient(client)
}

const toParameters = ({ stdio }: Gateway) => ({ ...stdio, stderr: 'ignore' as const })

testClient('@modelcontextprotocol/sdk', 'HTTP', ({ mcpUrl }) => connectV1(new HttpV1(new URL(mcpUrl))))
testClient('@modelcontextprotocol/sdk', 'stdio', (gateway) => connectV1(new StdioV1(toParameters(gateway))))
testClient('@modelcontextprotocol/client', 'HTTP', ({ mcpUrl }) => connectV2(new HttpV2(new URL(mcpUrl))))
testClient('@modelcontextprotocol/client', 'stdio', (gateway) => connectV2(new StdioV2(toParameters(gateway))))
