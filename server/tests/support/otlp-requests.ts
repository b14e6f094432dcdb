import { BinaryReader } from '@bufbuild/protobuf/wire'
import type { TestAttributes } from './test-source.ts'

type Value = string | number | boolean

export const toAttributes = (values: Readonly<Record<string, Value | undefined>>) =>
  Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : { key, value: toAnyValue(value) }))

function toAnyValue(value: Value) {
  if (typeof value === 'string') return { stringValue: value }
  return typeof value === 'boolean' ? { boolValue: value } : { intValue: String(value) }
}

interface Export {
  /** Default: a workspace. */
  resource?: Readonly<Record<string, Value>>
  /** Default: that of `testSource`. */
  scope?: string
}

export const WORKSPACE = { 'achilles.workspace': 'ws-1' }

const TIME = '1772442251250000000'

/** An `ExportLogsServiceRequest` with one record for each set of attributes. */
export const logsOf = (
  records: readonly TestAttributes[],
  { resource = WORKSPACE, scope = 'test-agent' }: Export = {},
) => ({
  resourceLogs: [
    {
      resource: { attributes: toAttributes(resource) },
      scopeLogs: [
        {
          scope: { name: scope, version: '1' },
          logRecords: records.map((attributes) => ({
            timeUnixNano: TIME,
            severityNumber: 9,
            eventName: 'test.event',
            attributes: toAttributes({ ...attributes }),
          })),
        },
      ],
    },
  ],
})

/** An `ExportTraceServiceRequest` with one span for each set of attributes. */
export const spansOf = (
  spans: readonly TestAttributes[],
  { resource = WORKSPACE, scope = 'test-agent' }: Export = {},
) => ({
  resourceSpans: [
    {
      resource: { attributes: toAttributes(resource) },
      scopeSpans: [
        {
          scope: { name: scope },
          spans: spans.map((attributes) => ({
            name: 'test.span',
            traceId: '5b8efff798038103d269b633813fc60c',
            spanId: 'eee19b7ec3c1b174',
            startTimeUnixNano: TIME,
            endTimeUnixNano: TIME,
            attributes: toAttributes({ ...attributes }),
          })),
        },
      ],
    },
  ],
})

export const JSON_TYPE = 'application/json'
export const PROTOBUF_TYPE = 'application/x-protobuf'

export interface OtlpAnswer {
  status: number
  headers: Headers
  /** Of a `Status`. */
  message: string | undefined
  /** Of a response. */
  partialSuccess: { rejected: number; errorMessage: string } | undefined
}

/** Sends a body, text as JSON and bytes as protobuf, and reads the response in the encoding that it has. */
export async function exportOtlp(
  url: string,
  body: object | string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<OtlpAnswer> {
  const isBytes = body instanceof Uint8Array
  const response = await fetch(url, {
    method: 'POST',
    body: isBytes || typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': isBytes ? PROTOBUF_TYPE : JSON_TYPE, ...headers },
  })
  return readOtlp(response)
}

export async function readOtlp(response: Response): Promise<OtlpAnswer> {
  const { status, headers } = response
  const bytes = new Uint8Array(await response.arrayBuffer())
  const read = headers.get('content-type') === PROTOBUF_TYPE ? readProtobuf : readJson
  return { status, headers, ...read(bytes, status) }
}

function readJson(bytes: Uint8Array, status: number) {
  const body = JSON.parse(Buffer.from(bytes).toString()) as Record<string, Record<string, string>> & {
    message?: string
  }
  const { partialSuccess } = body
  if (status !== 200) return { message: body.message, partialSuccess: undefined }
  if (!partialSuccess) return { message: undefined, partialSuccess: undefined }
  const { errorMessage = '', ...counts } = partialSuccess
  return { message: undefined, partialSuccess: { rejected: Number(Object.values(counts)[0]), errorMessage } }
}

function readProtobuf(bytes: Uint8Array, status: number) {
  const fields = readFields(bytes)
  if (status !== 200) return { message: toText(fields.get(2)), partialSuccess: undefined }
  const partial = fields.get(1)
  if (!(partial instanceof Uint8Array)) return { message: undefined, partialSuccess: undefined }
  const inner = readFields(partial)
  return {
    message: undefined,
    partialSuccess: { rejected: Number(inner.get(1) ?? 0), errorMessage: toText(inner.get(2)) ?? '' },
  }
}

function readFields(bytes: Uint8Array): Map<number, Uint8Array | bigint | string> {
  const reader = new BinaryReader(bytes)
  const fields = new Map<number, Uint8Array | bigint | string>()
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    fields.set(number, wireType === 0 ? reader.int64() : reader.bytes())
  }
  return fields
}

const toText = (value: Uint8Array | bigint | string | undefined) =>
  value instanceof Uint8Array ? Buffer.from(value).toString() : undefined
