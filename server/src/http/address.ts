import type { AddressInfo, Server } from 'node:net'

export function getServerUrl(server: Server): string {
  const { address, port } = server.address() as AddressInfo
  return httpUrl(address, port)
}

export const httpUrl = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i

/** Accepts `::1` with or without brackets. */
export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname)

/** For a `Host` header, with or without a port. */
export const isLoopbackHost = (host: string): boolean => isLoopback(host.replace(/:\d*$/, ''))

/** For an `Origin` header; false for the opaque origin `null`. */
export const isLoopbackOrigin = (origin: string): boolean =>
  URL.canParse(origin) && isLoopback(new URL(origin).hostname)
