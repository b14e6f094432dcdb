import { isPlainObject, type Problem } from '@achilles/mcp-contract'
import { localError } from '../gateway-error.ts'
import type { PendingEntry } from './pending-entries.ts'

export type Verdict =
  | { status: 'accepted' | 'duplicate' }
  | { status: 'failed'; error: string; code: string | undefined; problem?: Problem }

/** @throws GatewayError if the response does not name each event of the batch exactly once: then it is not trusted. */
export function readVerdicts(response: unknown, batch: readonly PendingEntry[]): Map<PendingEntry, Verdict> {
  if (!isPlainObject(response) || !Array.isArray(response.results) || !Array.isArray(response.failed)) {
    throw toInvalidResponseError('it has no results or no failed')
  }
  const unnamed = new Map(batch.map((event) => [event.id, event]))
  const verdicts = new Map<PendingEntry, Verdict>()
  const read = (entries: unknown[], toVerdict: (entry: Record<string, unknown>) => Verdict | undefined) => {
    for (const entry of entries) {
      const verdict = isPlainObject(entry) ? toVerdict(entry) : undefined
      if (!isPlainObject(entry) || !verdict) throw toInvalidResponseError('an entry is not as the contract has it')
      const event = unnamed.get(entry.event_id as string)
      if (!event) throw toInvalidResponseError(`it names ${entry.event_id}, unknown or for the second time`)
      unnamed.delete(event.id)
      verdicts.set(event, verdict)
    }
  }
  read(response.results, toTaken)
  read(response.failed, toFailed)
  const [missing] = unnamed.keys()
  if (missing !== undefined) throw toInvalidResponseError(`it does not name ${missing}`)
  return verdicts
}

/** Treats an unlisted status as `accepted`: Core has stored the event. */
function toTaken({ status }: Record<string, unknown>): Verdict | undefined {
  if (typeof status !== 'string') return undefined
  return { status: status === 'duplicate' ? 'duplicate' : 'accepted' }
}

function toFailed({ error, code }: Record<string, unknown>): Verdict | undefined {
  if (typeof error !== 'string' || (code !== undefined && typeof code !== 'string')) return undefined
  return { status: 'failed', error, code }
}

const toInvalidResponseError = (why: string) =>
  localError('CORE_CONTRACT_VIOLATION', `The response to a batch of events is invalid: ${why}.`, { retryable: true })

export const toRejected = (problem: Problem): Verdict => ({
  status: 'failed',
  error: problem.detail,
  code: problem.code,
  problem,
})
