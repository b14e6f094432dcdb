import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { FieldType, Message } from '../../src/surfaces/otlp/protobuf-messages.ts'

type Scalar = Exclude<FieldType, () => Message>

const WRITERS: Record<Scalar, [WireType, (writer: BinaryWriter, value: never) => unknown]> = {
  string: [WireType.LengthDelimited, (writer, value) => writer.string(value)],
  base64: [WireType.LengthDelimited, (writer, value) => writer.bytes(Buffer.from(value, 'base64'))],
  hex: [WireType.LengthDelimited, (writer, value) => writer.bytes(Buffer.from(value, 'hex'))],
  bool: [WireType.Varint, (writer, value) => writer.bool(value)],
  int64: [WireType.Varint, (writer, value) => writer.int64(value)],
  enum: [WireType.Varint, (writer, value) => writer.int32(value)],
  double: [WireType.Bit64, (writer, value) => writer.double(value)],
  fixed64: [WireType.Bit64, (writer, value) => writer.fixed64(value)],
}

/** Encodes a value of the protocol's JSON; leaves out fields that the message does not list. */
export const encodeProtobuf = (value: object, message: Message): Uint8Array<ArrayBuffer> =>
  writeMessage(new BinaryWriter(), value, message).finish()

function writeMessage(writer: BinaryWriter, value: object, message: Message): BinaryWriter {
  const fields = value as Record<string, unknown>
  for (const [number, { name, type }] of Object.entries(message)) {
    for (const element of [fields[name] ?? []].flat()) {
      if (typeof type === 'function') {
        writer.tag(Number(number), WireType.LengthDelimited).fork()
        writeMessage(writer, element as object, type()).join()
      } else {
        const [wireType, write] = WRITERS[type]
        write(writer.tag(Number(number), wireType), element as never)
      }
    }
  }
  return writer
}
