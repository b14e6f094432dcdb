import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { ENDPOINTS } from './endpoints.ts'
import type { SinkCommand } from './start-sink.ts'

// Entry point of a child process: a server that counts the events of any recorder and executes its parent's commands.
const arrived = new Set<number>()
let bytes = 0
let held: (() => void)[] | undefined
let onHeld = () => {}

const server = createServer(async (request, response) => {
  const endpoint = ENDPOINTS[request.url ?? '']
  if (!endpoint) {
    response.writeHead(404).end()
    return
  }
  const body = await readJson(request)
  for (const sequence of endpoint.getSequences(body)) arrived.add(sequence)
  const send = () => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(endpoint.respond(body)))
  }
  if (!held) return send()
  held.push(send)
  onHeld()
})

async function readJson(request: IncomingMessage): Promise<unknown> {
  const sent = await buffer(request)
  bytes += sent.length
  return JSON.parse(String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent))
}

const reply = (result: unknown = null) => process.send?.({ result })

const COMMANDS: Readonly<Record<SinkCommand, () => void>> = {
  arrived: () => reply({ events: arrived.size, bytes }),
  hold() {
    held = []
    reply()
  },
  untilHeld() {
    onHeld = reply
    if (held?.length) onHeld()
  },
  release() {
    for (const send of held ?? []) send()
    held = undefined
    onHeld = () => {}
    reply()
  },
}

process.on('message', (command: SinkCommand) => COMMANDS[command]())
process.once('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => reply(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
