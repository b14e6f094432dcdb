import { ConfigError } from '../config.ts'
import { EnvFileError } from '../settings/read-env-file.ts'

/**
 * Formats why a process did not start; expected errors have no stack.
 * @param names the settings of host and port
 */
export function formatStartupError(error: unknown, names: { host: string; port: string }): string {
  if (error instanceof AggregateError) return error.errors.map((one) => formatStartupError(one, names)).join('\n')
  if (error instanceof ConfigError || error instanceof EnvFileError) return error.message
  const {
    code = '',
    message,
    stack,
    port,
    address,
  } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE') return `${names.port}: ${port} on ${address} is already in use`
  if (code.startsWith('ERR_PARSE_ARGS')) return message
  if (['EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND'].includes(code)) return `${names.host} or ${names.port}: ${message}`
  return error instanceof Error && error.constructor === Error ? message : String(stack ?? error)
}
