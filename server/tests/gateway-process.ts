import type { ChildProcess } from 'node:child_process'
import { type ServiceProcess, type SpawnOptions, spawnService, untilListening } from './service-process.ts'

export { endOf } from './service-process.ts'

/** A gateway in a process of its own, started as `npm start` does. */
export type GatewayProcess = ServiceProcess

/** Starts a gateway with the settings given, and none of this process's own. */
export const spawnGateway = (settings: Record<string, string>, options: SpawnOptions = {}): ChildProcess =>
  spawnService('main.ts', { PORT: '0', ...settings }, options)

/** Starts a gateway and resolves once it listens. */
export const startGatewayProcess = (
  settings: Record<string, string>,
  options: SpawnOptions = {},
): Promise<GatewayProcess> =>
  untilListening(spawnGateway(settings, options), /Achilles MCP Gateway \S+ on (http:\/\/[^,\s]+)/)
