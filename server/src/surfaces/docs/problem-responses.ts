import { answerHeadersOf } from './answer-headers.ts'
import type { Responses } from './openapi-types.ts'
import { PROBLEM_ANSWERS, type ProblemAnswer } from './problem-answers.ts'

/** Every answer that is a problem, as components. */
export const PROBLEM_RESPONSES: Responses = Object.fromEntries(
  Object.entries(PROBLEM_ANSWERS).map(([name, answer]) => [name, responseOf(answer)]),
)

function responseOf({ status, description, examples }: ProblemAnswer): Responses[string] {
  return {
    description,
    headers: answerHeadersOf(status),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])),
      },
    },
  }
}

/** The component that answers with this status; `description` where the operation has words of its own for it. */
export function problemResponseRef(status: number | 'default', description?: string): { $ref: string } {
  const [name] = Object.entries(PROBLEM_ANSWERS).find(([, answer]) => answer.status === status) ?? []
  if (name === undefined) throw new Error(`There is no problem with status ${status}`)
  return { $ref: `#/components/responses/${name}`, ...(description !== undefined && { description }) }
}
