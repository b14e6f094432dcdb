import * as z from 'zod'
import { id, record } from './primitives.ts'

/** What a client says of itself when it begins to negotiate. */
export const MCPHandshakeRequest = z
  .strictObject({
    client_name: z.string().describe('Name of the client, e.g. the extension’s package name.'),
    client_version: z.string().describe('The client’s own version.'),
    ide_name: z.string().optional().describe('The editor that the client runs in.'),
    ide_version: z.string().optional(),
    workspace_id: id().describe('The workspace that the client works in.'),
    workspace_root: z.string().optional().describe('Absolute path of the workspace on the client’s machine.'),
    user_id: id().optional().describe('Who works.'),
    protocol_version: z.string().optional().describe('The version of this protocol that the client speaks.'),
    capabilities: record(z.boolean()).optional().describe('What the client can do, by name.'),
  })
  .meta({
    id: 'MCPHandshakeRequest',
    description: 'What a client says of itself when it begins to negotiate.',
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

/** What Core grants: a session token and the sizes a client should keep to. */
export const MCPHandshakeResponse = z
  .looseObject({
    server_name: z.string(),
    server_version: z.string(),
    mcp_session_token: z.string().describe('Send it on as `x-mcp-session-token` with every later call.'),
    preferred_batch_size: z.int().positive().describe('Events a batch should hold at most.'),
    max_payload_bytes: z
      .int()
      .positive()
      .describe('Bytes a request body may have at most; never above the gateway’s own limit.'),
    features: z.record(z.string(), z.boolean()),
  })
  .meta({
    id: 'MCPHandshakeResponse',
    description: 'What Core grants: a session token and the sizes a client should keep to.',
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
