import { z } from 'zod'
import type { ProcedureMeta } from '../../procedures/procedure.ts'
import type { RestRoute } from '../rest/routes.ts'
import { answerHeadersOf } from './answer-headers.ts'
import type { Operation } from './openapi-types.ts'
import { problemResponseRef } from './problem-responses.ts'
import { requestHeadersOf } from './request-headers.ts'

/** The operation with its headers, its security, and every answer that it can really give. */
export function finishOperation(operation: Operation, route: RestRoute): Operation {
  const { type, inputs } = route.procedure._def
  const { output } = route.procedure._def as { output?: unknown }
  const { openapi } = route.procedure._def.meta as ProcedureMeta
  const callsCore = openapi?.protect !== false
  const writes = type === 'mutation'
  const headers = requestHeadersOf({ callsCore, writes, opensTalk: route.operation === 'handshake' })
  // An unusable idempotency-key is a 400 anywhere, a caller that is not local a 403.
  const everywhere = [400, 403, 429, 500]
  const statuses = [
    ...everywhere,
    ...(callsCore ? [401, 502, 503, 504] : []),
    ...(writes ? [409] : []),
    ...(inputs.length > 0 ? [422] : []),
    ...(operation.requestBody ? [413, 415] : []),
  ]
  const own = Object.entries(openapi?.errorResponses ?? {})
  return {
    ...operation,
    ...(!callsCore && { security: [] }),
    parameters: [...(operation.parameters ?? []), ...headers],
    responses: {
      200: { ...operation.responses?.['200'], ...describedBy(output), headers: answerHeadersOf(200) },
      ...Object.fromEntries(statuses.map((status) => [status, problemResponseRef(status)])),
      ...Object.fromEntries(own.map(([status, words]) => [status, problemResponseRef(Number(status), words)])),
      ...(callsCore && { default: problemResponseRef('default') }),
    },
  }
}

/** What an answer means is said once, at its schema. */
function describedBy(output: unknown): { description?: string } {
  const description = output instanceof z.ZodType ? output.meta()?.description : undefined
  return description === undefined ? {} : { description }
}
