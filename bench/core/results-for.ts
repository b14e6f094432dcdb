const KEY = Buffer.from('"event_id":')
const QUOTE = '"'.charCodeAt(0)
const HEAD = Buffer.from('{"results":[')
const BEFORE_ID = Buffer.from('{"event_id":"')
const AFTER_ID = Buffer.from('","status":"accepted"},')
const TAIL = Buffer.from('],"failed":[]}')

/**
 * The `EventBatchResponse` that accepts every event of a batch. Searches for the ids instead of parsing, which is correct
 * only for the bench's own events: their payloads have no such key and their ids no escapes.
 */
export function resultsFor(batch: Buffer): Buffer {
  const parts: Buffer[] = [HEAD]
  for (let at = batch.indexOf(KEY); at !== -1; at = batch.indexOf(KEY, at)) {
    // Python writes a space after the colon.
    const start = batch.indexOf(QUOTE, at + KEY.length) + 1
    at = batch.indexOf(QUOTE, start)
    parts.push(BEFORE_ID, batch.subarray(start, at), AFTER_ID)
  }
  const last = parts.pop()
  // No comma after the last one.
  if (last) parts.push(last === HEAD ? HEAD : last.subarray(0, -1))
  parts.push(TAIL)
  return Buffer.concat(parts)
}
