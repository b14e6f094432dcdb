import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'

export interface ReleaseServer {
  url: string
  close(): void
}

/** Serves the files of a folder on loopback, as a release of the repository does. */
export async function startReleaseServer(folder: string): Promise<ReleaseServer> {
  const server = createServer(({ url = '' }, response) => {
    createReadStream(join(folder, basename(url)))
      .on('error', () => response.writeHead(404).end())
      .pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}
