import { NotJsonError } from '../../core/core-error.ts'
import { GatewayError } from '../../problem/gateway-error.ts'
import { askCore, type CoreAccess, type Procedures } from './ask-core.ts'
import { callOf } from './call-of.ts'
import { explainFailure } from './explain-failure.ts'
import type { Finding } from './finding.ts'
import { ownWords } from './line.ts'
import { unknownId } from './unknown-id.ts'

/** What to think of an answer. */
interface Judges<Answer> {
  judge: (answer: Answer) => Finding
  /** By the status that Core refuses with. */
  refused?: Readonly<Record<number, (detail: string | undefined) => Finding>>
  /** Any other answer; where absent, what it tells of Core in general. @param status absent for one against the contract */
  otherwise?: (status: number | undefined) => Finding
}

/** Asks Core by a procedure, and judges what comes. */
export async function ask<Answer>(
  access: CoreAccess,
  operation: string,
  call: (procedures: Procedures) => Promise<Answer>,
  { judge, refused = {}, otherwise }: Judges<Answer>,
): Promise<Finding> {
  const requestId = unknownId()
  try {
    return judge(await askCore(access, requestId, call))
  } catch (error) {
    if (error instanceof GatewayError) {
      const { upstream, problem } = error
      const known = upstream && !(error instanceof NotJsonError) && refused[upstream.status]
      if (known) return known(upstream.detail)
      if (otherwise && (upstream || problem === 'CORE_CONTRACT_VIOLATION') && !(error instanceof NotJsonError))
        return otherwise(upstream?.status)
    }
    const call = callOf(operation)
    const [, path = ''] = call.split(' ')
    return explainFailure(error, {
      call: ownWords(call),
      path: ownWords(path),
      requestId,
      timeoutMs: access.link.timeoutMs,
    })
  }
}
