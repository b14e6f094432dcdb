import { isAscii, isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { badRequest, GatewayError } from '../errors/gateway-error.ts'
import type { GatewayContext } from './env.ts'
import { limitJsonTokens } from './limit-json-tokens.ts'

/**
 * Reads the body as text, without a byte order mark; otherwise as `readBytes` does.
 * @throws GatewayError also 413 over `MAX_JSON_TOKENS`, 400 if not UTF-8.
 */
export async function readBody(c: GatewayContext, limit: number): Promise<string> {
  const bytes = await readBytes(c, limit)
  // Decoding latin1 is a plain copy, and most JSON is ASCII.
  if (isAscii(bytes)) return limitJsonTokens(bytes.toString('latin1'))
  if (!isUtf8(bytes)) throw badRequest([{ path: '', message: 'the body is not UTF-8' }])
  return limitJsonTokens(bytes.toString('utf8', startsWithMark(bytes) ? BYTE_ORDER_MARK.length : 0))
}

/**
 * Reads the body and decompresses gzip. Bytes are counted as they arrive, whatever `content-length` says, and again as
 * they are decompressed.
 * @throws GatewayError 413 over `limit` bytes, 415 for another encoding, 400 if not gzip.
 */
export async function readBytes(c: GatewayContext, limit: number): Promise<Buffer> {
  const encoding = c.req.header('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'gzip' && encoding !== 'identity') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', `content-encoding ${encoding} is not supported; gzip is.`)
  }
  if (Number(c.req.header('content-length')) > limit) throw tooLarge(limit)

  const source = getSource(c)
  return encoding === 'gzip' ? await collectDecompressed(source, limit) : await collect(source, limit, ENDED_EARLY)
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff')

const startsWithMark = (bytes: Buffer) => bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)

function getSource(c: GatewayContext): Readable {
  if (c.env?.incoming) return c.env.incoming
  const { body } = c.req.raw
  return body ? Readable.fromWeb(body) : Readable.from([])
}

const ENDED_EARLY = 'the body ended early'

async function collect(source: Readable, limit: number, error: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  await listenToEnd(source, limit, error, (chunk) => chunks.push(chunk))
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

/** Decompresses while the body arrives, so that memory never holds both forms. */
async function collectDecompressed(compressed: Readable, limit: number): Promise<Buffer> {
  const gunzip = createGunzip({ chunkSize: 65_536 })
  const arrived = listenToEnd(compressed, limit, ENDED_EARLY)
  compressed.pipe(gunzip)
  try {
    const [bytes] = await Promise.all([collect(gunzip, limit, 'the body is not gzip'), arrived])
    return bytes
  } finally {
    compressed.unpipe(gunzip).resume()
    gunzip.destroy()
  }
}

// Uses listeners, since leaving a `for await` loop early destroys the socket before the 413 is sent.
function listenToEnd(source: Readable, limit: number, error: string, onChunk?: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let size = 0
    const settle = (finish: () => void) => {
      source.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak)
      finish()
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) settle(() => reject(tooLarge(limit)))
      else onChunk?.(chunk)
    }
    const onEnd = () => settle(resolve)
    const onBreak = () => settle(() => reject(badRequest([{ path: '', message: error }])))
    source.on('data', onData).once('end', onEnd).once('error', onBreak).once('close', onBreak)
    if (source.readableEnded) onEnd()
    else if (source.destroyed) onBreak()
  })
}

const tooLarge = (limit: number) =>
  new GatewayError('PAYLOAD_TOO_LARGE', `The body is larger than the limit of ${limit} bytes.`)
