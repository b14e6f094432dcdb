import { ConfigError } from '../config.ts'

/** Why a process could not start, for a person: one line a fault, a stack only for what nobody expected. */
export function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  const {
    code = '',
    message,
    stack,
    port,
    address,
  } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE') return `PORT: ${port} on ${address} is already in use`
  if (code.startsWith('ERR_PARSE_ARGS')) return message
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `HOST or PORT: ${message}`
  return error instanceof Error && error.constructor === Error ? message : String(stack ?? error)
}
