import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expectStatus, type SoakCall, type SoakTarget } from './soak-call.ts'

const HEAD =
  'POST /api/achilles/v1/mcp/sessions/resolve HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n'

/** Clients that disconnect before, during and after their request, invalid bytes, and pages. */
export function rudeCalls({ url, external_session_key }: SoakTarget): SoakCall[] {
  const { hostname, port } = new URL(url)

  /** Sends this, waits a moment, and closes the connection. */
  async function say(text: string): Promise<void> {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.on('error', () => {})
    socket.write(text)
    await delay(Math.random() * 5)
    socket.resetAndDestroy()
  }

  const body = JSON.stringify({ external_session_key })
  const page = (path: string) => ({
    name: `page ${path}`,
    make: () => fetch(url + path).then(expectStatus(200)),
  })
  return [
    { name: 'silent', make: () => say('') },
    { name: 'half a head', make: () => say(HEAD) },
    { name: 'half a body', make: () => say(`${HEAD}Content-Length: 1000\r\n\r\n{"external`) },
    { name: 'no patience', make: () => say(`${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`) },
    { name: 'no HTTP', make: () => say('\u0000\u0001 hello\r\n\r\n') },
    page('/'),
    page('/docs'),
    page('/openapi.json'),
    page('/livez'),
    page('/readyz'),
  ]
}
