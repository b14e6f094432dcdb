import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { badRequest, GatewayError } from '../problem/gateway-error.ts'
import type { GatewayContext } from './gateway-env.ts'

const unpack = promisify(gunzip)

/**
 * The request's body as text, unpacked where it is gzip. Bytes are counted as they stream in, whatever
 * `content-length` claims, and again as they unpack.
 * @throws GatewayError 413 past `limit` bytes, 415 for another encoding, 400 for what is not gzip or not UTF-8.
 */
export async function readBody(c: GatewayContext, limit: number): Promise<string> {
  const encoding = c.req.header('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'gzip' && encoding !== 'identity') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', `content-encoding ${encoding} is not supported; gzip is.`)
  }
  if (Number(c.req.header('content-length')) > limit) throw tooLarge(limit)

  const received = await collect(sourceOf(c), limit)
  const bytes = encoding === 'gzip' ? await ungzip(received, limit) : received
  if (!isUtf8(bytes)) throw badRequest([{ path: '', message: 'the body is not UTF-8' }])
  return bytes.toString('utf8')
}

function sourceOf(c: GatewayContext): Readable {
  if (c.env?.incoming) return c.env.incoming
  const { body } = c.req.raw
  return body ? Readable.fromWeb(body) : Readable.from([])
}

// Listens instead of iterating: leaving a `for await` early would destroy the socket, and the 413 with it.
function collect(source: Readable, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const settle = (finish: () => void) => {
      source.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak)
      finish()
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) settle(() => reject(tooLarge(limit)))
      else chunks.push(chunk)
    }
    const onEnd = () => settle(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    const onBreak = () => settle(() => reject(badRequest([{ path: '', message: 'the body broke off' }])))
    source.on('data', onData).once('end', onEnd).once('error', onBreak).once('close', onBreak)
    if (source.readableEnded) onEnd()
    else if (source.destroyed) onBreak()
  })
}

async function ungzip(packed: Buffer, limit: number): Promise<Buffer> {
  try {
    return await unpack(packed, { maxOutputLength: limit })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit)
    throw badRequest([{ path: '', message: 'the body is not gzip' }], error)
  }
}

const tooLarge = (limit: number) =>
  new GatewayError('PAYLOAD_TOO_LARGE', `The body is larger than the ${limit} bytes that the gateway takes.`)
