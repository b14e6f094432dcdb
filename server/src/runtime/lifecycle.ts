import { once } from 'node:events'
import { createServer } from 'node:net'
import { type Config, ConfigError } from '../config.ts'
import { EnvFileError } from '../settings/environment.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Exits at once on a signal, until the returned function is called. Needed in containers: the kernel ignores signals
 * for PID 1 that it has no handler for.
 */
export function exitOnSignalDuringStartup(): () => void {
  const end = () => process.exit(0)
  for (const signal of SIGNALS) process.on(signal, end)
  return () => {
    for (const signal of SIGNALS) process.off(signal, end)
  }
}

/**
 * Reserves nothing. Makes a second gateway with the same settings exit at once, before it creates a database.
 * @throws AggregateError with one error per port in use
 */
export async function checkFree({ host, port, metricsPort }: Pick<Config, 'host' | 'port' | 'metricsPort'>) {
  const results = await Promise.all([
    findListenFault(host, port),
    metricsPort === undefined ? undefined : findListenFault(host, metricsPort, 'METRICS_PORT'),
  ])
  const faults = results.filter((fault) => fault !== undefined)
  if (faults.length > 0) throw new AggregateError(faults)
}

/** @param setting named in the message; undefined for the gateway's own port */
async function findListenFault(host: string, port: number, setting?: string): Promise<Error | undefined> {
  if (port === 0) return undefined
  const server = createServer((socket) => socket.destroy())
  try {
    server.listen(port, host)
    await once(server, 'listening')
    return undefined
  } catch (error) {
    const { message } = error as Error
    return setting === undefined ? (error as Error) : new Error(`${setting}: ${message}`, { cause: error })
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
}

/** Expected errors have no stack. @param names the settings of host and port */
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

export interface ShutdownOptions {
  /** Stops the process as a signal does. */
  inputEnded?: Promise<void> | undefined
  /** The process exits after this time, even if `stop` has not finished. */
  limitMs: number
}

/**
 * Stops the process on SIGINT, SIGTERM or the end of the input; a second signal exits at once. The exit code is 0 if
 * `stop` resolves to true (all requests completed), otherwise 1.
 */
export function gracefulShutdown(stop: () => Promise<boolean>, { inputEnded, limitMs }: ShutdownOptions): void {
  let stopping = false
  const stopGracefully = () => {
    stopping = true
    setTimeout(() => process.exit(1), limitMs).unref()
    void stop().then((completed) => process.exit(completed ? 0 : 1))
  }
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopGracefully()
    })
  }
  inputEnded?.then(() => {
    if (!stopping) stopGracefully()
  })
}
