import type { AddressInfo, Server } from 'node:net'

export function getServerUrl(server: Server): string {
  const { address, port } = server.address() as AddressInfo
  return httpUrl(address, port)
}

/** E.g. `http://127.0.0.1:8080`; an IPv6 address is put in brackets. */
export const httpUrl = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`
