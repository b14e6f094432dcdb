/** Where a host is reached over HTTP at a port, e.g. `http://127.0.0.1:8080`; an IPv6 address gets its brackets. */
export const httpUrl = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`
