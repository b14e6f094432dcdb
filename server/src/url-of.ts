import type { AddressInfo, Server } from 'node:net'
import { httpUrl } from './http-url.ts'

/** Where a server that listens is reached. */
export function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo
  return httpUrl(address, port)
}
