import type { Config } from '../../config.ts'

/** Where a gateway of these settings is. */
export const addressOf = ({ host, port }: Pick<Config, 'host' | 'port'>): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`
