import type { ChildProcess } from 'node:child_process'
import { type ServiceProcess, type SpawnOptions, spawnService, untilListening } from './service-process.ts'

/** Spawns an embedded Core as `npm run core` does, with only the given settings. */
export const spawnCore = (settings: Record<string, string>, options: SpawnOptions = {}): ChildProcess =>
  spawnService('main.ts', { CORE_PORT: '0', ...settings }, { ...options, args: ['core', ...(options.args ?? [])] })

/** Starts an embedded Core and resolves once it listens. */
export const startCoreProcess = (
  settings: Record<string, string>,
  options: SpawnOptions = {},
): Promise<ServiceProcess> => untilListening(spawnCore(settings, options), /Embedded Core \S+ on (http:\/\/[^,\s]+)/)
