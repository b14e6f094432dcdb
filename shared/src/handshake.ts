import * as z from 'zod'
import { id, record } from './primitives.ts'

/** Describes the client to Core; the first call of a client. */
export const MCPHandshakeRequest = z
  .strictObject({
    client_name: z.string().describe('Name of the client, e.g. the package name of the extension.'),
    client_version: z.string().describe('Version of the client.'),
    ide_name: z.string().optional().describe('The editor in which the client runs.'),
    ide_version: z.string().optional(),
    workspace_id: id().describe('The workspace of the client.'),
    workspace_root: z.string().optional().describe('Absolute path of the workspace on the client’s machine.'),
    user_id: id().optional().describe('The user of the client.'),
    protocol_version: z.string().optional().describe('Version of this protocol that the client supports.'),
    capabilities: record(z.boolean()).optional().describe('Capabilities of the client, by name.'),
  })
  .meta({
    id: 'MCPHandshakeRequest',
    description: 'Describes the client to Core; the first call of a client.',
    examples: [
      {
        client_name: 'achilles-vscode',
        client_version: '1.4.0',
        ide_name: 'vscode',
        ide_version: '1.96.2',
        workspace_id: 'ws-checkout',
        workspace_root: '/home/ada/checkout',
        user_id: 'ada',
        capabilities: { snapshots: true },
      },
    ],
  })
export type MCPHandshakeRequest = z.input<typeof MCPHandshakeRequest>

/** A session token, and the batch and body sizes that a client should respect. */
export const MCPHandshakeResponse = z
  .looseObject({
    server_name: z.string(),
    server_version: z.string(),
    mcp_session_token: z.string().describe('Send it as `x-mcp-session-token` with every later call.'),
    preferred_batch_size: z.int().positive().describe('Maximum number of events that a batch should have.'),
    max_payload_bytes: z
      .int()
      .positive()
      .describe('Maximum size of a request body in bytes; never above the gateway’s own limit.'),
    features: z.record(z.string(), z.boolean()),
  })
  .meta({
    id: 'MCPHandshakeResponse',
    description: 'A session token, and the batch and body sizes that a client should respect.',
    examples: [
      {
        server_name: 'achilles-core',
        server_version: '3.2.0',
        mcp_session_token: 'mst_4f1c9a',
        preferred_batch_size: 200,
        max_payload_bytes: 5242880,
        features: { insights: true, snapshots: true },
      },
    ],
  })
export type MCPHandshakeResponse = z.output<typeof MCPHandshakeResponse>
