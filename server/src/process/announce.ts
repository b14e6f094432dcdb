import type { Config } from '../config.ts'
import type { Log } from '../telemetry/log.ts'
import { version } from '../version.ts'

/** Tells on the log what a person wants to know at the start: addresses, what guards them, what can be seen. */
export function announce(
  log: Log,
  config: Config,
  { url, metricsUrl }: { url: string; metricsUrl?: string | undefined },
) {
  const workers = config.workers > 1 ? `, ${config.workers} workers` : ''
  log.info(`Achilles MCP Gateway ${version} on ${url}, API reference at ${url}/docs${workers}`)
  if (config.core) log.info(`Core is at ${config.core.baseUrl}`)
  log.info(`Served: ${callersOf(config)}, ${rateOf(config)}`)
  if (metricsUrl !== undefined) log.info(`Metrics at ${metricsUrl}`)
  if (config.tracesEndpoint !== undefined) log.info(`Traces go to ${config.tracesEndpoint}`)
}

function callersOf({ gate: { apiKeysFile, tokens, open } }: Config): string {
  const known = [
    ...(apiKeysFile === undefined ? [] : [`holders of a key in ${apiKeysFile}`]),
    ...(tokens ? [`holders of a token of ${tokens.issuer}`] : []),
  ]
  if (known.length > 0) return known.join(' and ')
  return open ? 'everyone (GATEWAY_AUTH=none)' : 'this machine alone, without credentials'
}

function rateOf({ gate: { ratePerMinute, redisUrl } }: Config): string {
  if (ratePerMinute === 0) return 'at any rate'
  return `${ratePerMinute} calls a minute each${redisUrl === undefined ? '' : ', counted in Redis'}`
}
