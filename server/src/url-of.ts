import type { AddressInfo, Server } from 'node:net'

/** Where a server that listens is reached, e.g. `http://127.0.0.1:8080`. */
export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
