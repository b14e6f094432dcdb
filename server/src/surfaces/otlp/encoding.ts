import { isDeeperThan, MAX_JSON_DEPTH, parseJson } from '@achilles/mcp-contract'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { badRequest, GatewayError } from '../../errors/gateway-error.ts'
import type { GatewayContext } from '../../http/env.ts'
import { isJsonMediaType } from '../../http/headers.ts'
import { readBody, readBytes } from '../../http/read-body.ts'
import { decodeProtobuf } from './decode-protobuf.ts'
import type { Signal } from './signals.ts'

/** How a request and its response are encoded. */
export interface Encoding {
  mediaType: string
  /** @throws GatewayError 400 for a body that cannot be decoded, 413 over a limit. */
  readRequest(c: GatewayContext, signal: Signal, maxBodyBytes: number): Promise<unknown>
  /** The body of a success: empty in protobuf if nothing was rejected. */
  encodeResponse(partial: PartialSuccess | undefined, signal: Signal): string | Uint8Array<ArrayBuffer>
  /** A `google.rpc.Status` without a code, which the protocol does not use. */
  encodeStatus(message: string): string | Uint8Array<ArrayBuffer>
}

export interface PartialSuccess {
  /** Records; 0 with a warning. */
  rejected: number
  errorMessage: string
}

const JSON_ENCODING: Encoding = {
  mediaType: 'application/json',
  async readRequest(c, _signal, maxBodyBytes) {
    const body = parse(await readBody(c, maxBodyBytes))
    // Everything that reads the body is recursive.
    if (!isDeeperThan(body, MAX_DEPTH)) return body
    throw badRequest([{ path: '', message: `nested deeper than ${MAX_DEPTH} levels` }])
  },
  encodeResponse: (partial, { rejected }) =>
    JSON.stringify(
      // Whole numbers of 64 bits are text in the JSON of protobuf.
      partial ? { partialSuccess: { [rejected]: String(partial.rejected), errorMessage: partial.errorMessage } } : {},
    ),
  encodeStatus: (message) => JSON.stringify({ message }),
}

/** A value of the protocol in another one is three levels. */
const MAX_DEPTH = 2 * MAX_JSON_DEPTH

function parse(text: string): unknown {
  try {
    return parseJson(text, { decimals: 'nearest' })
  } catch (error) {
    throw badRequest([{ path: '', message: 'the body is not JSON' }], error)
  }
}

const PROTOBUF_ENCODING: Encoding = {
  mediaType: 'application/x-protobuf',
  async readRequest(c, signal, maxBodyBytes) {
    return decodeProtobuf(await readBytes(c, maxBodyBytes), signal.request)
  },
  encodeResponse(partial) {
    const response = new BinaryWriter()
    if (partial) {
      response.tag(1, WireType.LengthDelimited).fork()
      response.tag(1, WireType.Varint).int64(partial.rejected)
      response.tag(2, WireType.LengthDelimited).string(partial.errorMessage).join()
    }
    return response.finish()
  },
  encodeStatus: (message) => new BinaryWriter().tag(2, WireType.LengthDelimited).string(message).finish(),
}

const GRPC = /^application\/grpc(?:$|[+;\s-])/i

/** @throws GatewayError 415 for any other content type. */
export function getEncoding(contentType: string | undefined): Encoding {
  if (isJsonMediaType(contentType)) return JSON_ENCODING
  if (isProtobuf(contentType)) return PROTOBUF_ENCODING
  const types = `${JSON_ENCODING.mediaType} or ${PROTOBUF_ENCODING.mediaType}`
  if (contentType !== undefined && GRPC.test(contentType)) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', GRPC_HINT)
  const actual = contentType === undefined ? '; the request has no content-type' : `, not ${contentType}`
  throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', `The body must be ${types}${actual}.`)
}

/** The encoding of an error: JSON unless the request is protobuf. */
export const getErrorEncoding = (contentType: string | undefined): Encoding =>
  isProtobuf(contentType) ? PROTOBUF_ENCODING : JSON_ENCODING

function isProtobuf(contentType = ''): boolean {
  const [type = ''] = contentType.split(';', 1)
  return type.trim().toLowerCase() === PROTOBUF_ENCODING.mediaType
}

const GRPC_HINT =
  'OTLP over gRPC is not supported. Set the exporter’s protocol to http/json or http/protobuf (OTEL_EXPORTER_OTLP_PROTOCOL).'
