import type { ChildProcess } from 'node:child_process'
import { type ServiceProcess, type SpawnOptions, spawnService, untilListening } from './service-process.ts'

export { endOf } from './service-process.ts'

export type GatewayProcess = ServiceProcess

/** Spawns a gateway with only the given settings. */
export const spawnGateway = (settings: Record<string, string>, options: SpawnOptions = {}): ChildProcess =>
  spawnService('main.ts', { PORT: '0', ...settings }, options)

/** Starts a gateway and resolves once it listens. */
export const startGatewayProcess = (
  settings: Record<string, string>,
  options: SpawnOptions = {},
): Promise<GatewayProcess> =>
  untilListening(spawnGateway(settings, options), /Achilles MCP Gateway \S+ on (http:\/\/[^,\s]+)/)
