import { shortened } from '@achilles/mcp-contract'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { badRequest, GatewayError } from '../../errors/gateway-error.ts'
import type { FieldType, Message } from './protobuf-messages.ts'

/** As many as the tokens of a JSON body: two bytes can become an object of a hundred. */
const MAX_FIELDS = 250_000
/** As in other implementations of protobuf. */
const MAX_DEPTH = 100

type Scalar = Exclude<FieldType, () => Message>

const WIRE_TYPES: Readonly<Record<Scalar, WireType>> = {
  string: WireType.LengthDelimited,
  base64: WireType.LengthDelimited,
  hex: WireType.LengthDelimited,
  bool: WireType.Varint,
  int64: WireType.Varint,
  enum: WireType.Varint,
  double: WireType.Bit64,
  fixed64: WireType.Bit64,
}

const READERS: Readonly<Record<Scalar, (reader: BinaryReader) => unknown>> = {
  string: (reader) => reader.string(),
  base64: (reader) => toBuffer(reader.bytes()).toString('base64'),
  hex: (reader) => toBuffer(reader.bytes()).toString('hex'),
  bool: (reader) => reader.bool(),
  int64: (reader) => reader.int64(),
  enum: (reader) => reader.int32(),
  double: (reader) => reader.double(),
  fixed64: (reader) => reader.fixed64(),
}

const toBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array) => Buffer.from(buffer, byteOffset, byteLength)

/**
 * Decodes a message to what its JSON would be parsed to, with whole numbers of 64 bits as `bigint`. Unknown fields are
 * skipped; of a field that is there twice the last counts.
 * @throws GatewayError 400 with the path of the field that cannot be read, 413 over 250,000 fields.
 */
export function decodeProtobuf(bytes: Uint8Array, message: Message): Record<string, unknown> {
  const reader = new BinaryReader(bytes)
  const path: string[] = []
  let fields = 0

  function readMessage(message: Message, end: number): Record<string, unknown> {
    if (path.length === MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH} levels`)
    const value: Record<string, unknown> = {}
    while (reader.pos < end) {
      if (++fields > MAX_FIELDS) throw tooManyFields()
      const [number, wireType] = reader.tag()
      const field = message[number]
      const isScalar = typeof field?.type === 'string'
      if (!field || wireType !== (isScalar ? WIRE_TYPES[field.type as Scalar] : WireType.LengthDelimited)) {
        reader.skip(wireType, number)
        continue
      }
      const { name, type, repeated } = field
      const list = repeated ? listIn(value, name) : undefined
      path.push(list ? `${name}[${list.length}]` : name)
      const read = typeof type === 'string' ? READERS[type](reader) : readNested(type(), end)
      path.pop()
      if (list) list.push(read)
      else value[name] = read
    }
    if (reader.pos > end) throw new RangeError('a field is longer than its message')
    return value
  }

  function readNested(message: Message, parentEnd: number): Record<string, unknown> {
    const length = reader.uint32()
    const end = reader.pos + length
    if (end > parentEnd) throw new RangeError('a message is longer than the one that contains it')
    return readMessage(message, end)
  }

  try {
    return readMessage(message, reader.len)
  } catch (error) {
    if (error instanceof GatewayError) throw error
    const reason = error instanceof Error ? error.message : 'it cannot be read'
    const issue = { path: shortened(path.join('.'), LONGEST_PATH), message: `not valid protobuf (${reason})` }
    throw badRequest([issue], error)
  }
}

function listIn(message: Record<string, unknown>, name: string): unknown[] {
  const { [name]: known } = message
  if (Array.isArray(known)) return known
  const list: unknown[] = []
  message[name] = list
  return list
}

const LONGEST_PATH = 512

const tooManyFields = () =>
  new GatewayError('PAYLOAD_TOO_LARGE', `The body holds more than ${MAX_FIELDS} fields; send less at a time.`)
