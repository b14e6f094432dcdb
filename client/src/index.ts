export type * from '@achilles/mcp-contract'
export { createGatewayClient, type GatewayClient, type GatewayClientOptions } from './client.ts'
