import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

/** A received span; ids in hex. */
interface ReceivedSpan {
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  /** 2: server, 3: client. */
  kind: number
  attributes: Record<string, string | number>
}

/** A trace collector: a real HTTP server that receives OTLP exports. */
export interface OtlpReceiver {
  url: string
  spans: ReceivedSpan[]
  close(): void
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const server = createServer(async (request, response) => {
    const bytes = await buffer(request)
    if (request.url === '/v1/traces') {
      spans.push(...readSpans(request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes))
    }
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto */
const readSpans = (request: Buffer): ReceivedSpan[] =>
  messages(request, 1).flatMap((resourceSpans) =>
    messages(resourceSpans, 2).flatMap((scopeSpans) => messages(scopeSpans, 2).map(readSpan)),
  )

function readSpan(span: Buffer): ReceivedSpan {
  const hex = (field: number) => messages(span, field)[0]?.toString('hex') ?? ''
  return {
    traceId: hex(1),
    spanId: hex(2),
    parentSpanId: hex(4),
    name: messages(span, 5)[0]?.toString() ?? '',
    kind: Number(fieldsOf(span).find(({ field }) => field === 6)?.value ?? 0),
    attributes: Object.fromEntries(messages(span, 9).map(readAttribute)),
  }
}

function readAttribute(keyValue: Buffer): [string, string | number] {
  const [key, value] = [messages(keyValue, 1)[0], messages(keyValue, 2)[0]]
  const [{ field, value: plain } = { field: 0, value: 0n }] = value ? fieldsOf(value) : []
  return [String(key), field === 1 ? String(plain) : Number(plain)]
}

const messages = (bytes: Buffer, field: number): Buffer[] =>
  fieldsOf(bytes).flatMap((one) => (one.field === field && Buffer.isBuffer(one.value) ? [one.value] : []))

/** Parses the fields of a message in protobuf's wire format. */
function fieldsOf(bytes: Buffer): { field: number; value: Buffer | bigint }[] {
  const fields: { field: number; value: Buffer | bigint }[] = []
  let at = 0
  const take = (length: number) => {
    at += length
    return bytes.subarray(at - length, at)
  }
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = take(1)[0] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const type = tag & 7
    const value = type === 0 ? varint() : take(type === 2 ? Number(varint()) : type === 1 ? 8 : 4)
    fields.push({ field: tag >> 3, value })
  }
  return fields
}
