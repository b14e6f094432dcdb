import { isAscii, isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { badRequest, GatewayError } from '../problem/gateway-error.ts'
import type { GatewayContext } from './gateway-env.ts'
import { headerOf } from './header-of.ts'
import { limitJsonTokens } from './limit-json-tokens.ts'

/**
 * The request's body as JSON text, unpacked where it is gzip, without a byte order mark. Bytes are counted as they stream
 * in, whatever `content-length` claims, and again as they unpack.
 * @throws GatewayError 413 past `limit` bytes or `MAX_JSON_TOKENS`, 415 for another encoding, 400 for what is not gzip or
 * not UTF-8.
 */
export async function readBody(c: GatewayContext, limit: number): Promise<string> {
  const encoding = headerOf(c, 'content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'gzip' && encoding !== 'identity') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', `content-encoding ${encoding} is not supported; gzip is.`)
  }
  if (Number(headerOf(c, 'content-length')) > limit) throw tooLarge(limit)

  const source = sourceOf(c)
  const bytes = encoding === 'gzip' ? await collectUnpacked(source, limit) : await collect(source, limit, BROKE_OFF)
  // Most JSON is, and is read by a plain copy then.
  if (isAscii(bytes)) return limitJsonTokens(bytes.toString('latin1'))
  if (!isUtf8(bytes)) throw badRequest([{ path: '', message: 'the body is not UTF-8' }])
  return limitJsonTokens(bytes.toString('utf8', beginsWithMark(bytes) ? BYTE_ORDER_MARK.length : 0))
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff')

const beginsWithMark = (bytes: Buffer) => bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)

function sourceOf(c: GatewayContext): Readable {
  if (c.env?.incoming) return c.env.incoming
  const { body } = c.req.raw
  return body ? Readable.fromWeb(body) : Readable.from([])
}

const BROKE_OFF = 'the body broke off'

async function collect(source: Readable, limit: number, onBreak: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  await listenToEnd(source, limit, onBreak, (chunk) => chunks.push(chunk))
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

/** Unpacks while it streams in, so that a packed body never lies in memory beside what it unpacks to. */
async function collectUnpacked(packed: Readable, limit: number): Promise<Buffer> {
  const gunzip = createGunzip({ chunkSize: 65_536 })
  const arrived = listenToEnd(packed, limit, BROKE_OFF)
  packed.pipe(gunzip)
  try {
    const [bytes] = await Promise.all([collect(gunzip, limit, 'the body is not gzip'), arrived])
    return bytes
  } finally {
    packed.unpipe(gunzip).resume()
    gunzip.destroy()
  }
}

// Listens instead of iterating: leaving a `for await` early would destroy the socket, and the 413 with it.
function listenToEnd(source: Readable, limit: number, onBreak: string, take?: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let size = 0
    const settle = (finish: () => void) => {
      source.off('data', onData).off('end', end).off('error', breakOff).off('close', breakOff)
      finish()
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) settle(() => reject(tooLarge(limit)))
      else take?.(chunk)
    }
    const end = () => settle(resolve)
    const breakOff = () => settle(() => reject(badRequest([{ path: '', message: onBreak }])))
    source.on('data', onData).once('end', end).once('error', breakOff).once('close', breakOff)
    if (source.readableEnded) end()
    else if (source.destroyed) breakOff()
  })
}

const tooLarge = (limit: number) =>
  new GatewayError('PAYLOAD_TOO_LARGE', `The body is larger than the ${limit} bytes that the gateway takes.`)
