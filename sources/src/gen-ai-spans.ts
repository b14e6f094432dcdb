import type { AgentReport, Span } from './agent-source.ts'
import { responsePayload } from './model-response.ts'
import { type Fields, toList, toText } from './read-values.ts'
import { createReport, type EventFacts, type SessionFacts } from './report.ts'
import { finishedCall, type ToolOutcome, type ToolUse } from './tool-events.ts'

const MODEL_OPERATIONS = new Set(['chat', 'text_completion', 'generate_content'])

/**
 * Reads a span of the semantic conventions for generative AI: a request to a model, a tool's call or an agent's invocation.
 * @param toOutcome what the source knows of a tool beyond the conventions
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
 */
export function readGenAiSpan(
  span: Span,
  session: SessionFacts,
  toOutcome: (attributes: Fields) => ToolOutcome = () => ({}),
): AgentReport | undefined {
  const { attributes, failed } = span
  const operation = attributes['gen_ai.operation.name']
  const unique = toText(span.spanId) ?? span.startTime
  const durationMs = Math.max(0, Date.parse(span.endTime) - Date.parse(span.startTime)) || 0
  const errorType = toText(attributes['error.type'])
  const hasFailed = failed || errorType !== undefined
  const common = { timestamp: span.endTime, turn: toText(span.traceId), durationMs }

  if (operation === 'execute_tool') {
    const use: ToolUse = {
      ...common,
      id: ['tool', toText(attributes['gen_ai.tool.call.id'], 1024) ?? unique],
      name: toText(attributes['gen_ai.tool.name']),
      input: attributes['gen_ai.tool.call.arguments'],
    }
    const outcome = toOutcome(attributes)
    const payload = { error_type: errorType, ...outcome.payload }
    const command = outcome.command && { ...outcome.command, success: hasFailed ? false : undefined }
    const output = attributes['gen_ai.tool.call.result']
    return createReport(
      session,
      finishedCall(use, { ...outcome, command, success: !hasFailed, durationMs, output, payload }),
    )
  }
  if (typeof operation === 'string' && MODEL_OPERATIONS.has(operation)) {
    return createReport(session, [
      hasFailed ? readFailure(attributes, unique, common) : readResponse(attributes, unique, common),
    ])
  }
  // An invocation with a parent is a subagent's; its tokens are those of its requests together.
  if (operation === 'invoke_agent' && !span.parentSpanId) {
    const prompt = attributes['gen_ai.input.messages']
    return createReport(session, [
      { id: ['turn', unique], type: 'agent_prompt', timestamp: span.startTime, turn: common.turn, content: { prompt } },
    ])
  }
  return undefined
}

type Common = Pick<EventFacts, 'timestamp' | 'turn' | 'durationMs'>

const readFailure = (attributes: Fields, unique: string, common: Common): EventFacts => ({
  ...common,
  id: ['error', unique],
  type: 'error',
  payload: { kind: 'model_request', error_type: toText(attributes['error.type']) },
})

function readResponse(attributes: Fields, unique: string, common: Common): EventFacts {
  const usage = {
    input_tokens: attributes['gen_ai.usage.input_tokens'],
    output_tokens: attributes['gen_ai.usage.output_tokens'],
    cached_tokens: attributes['gen_ai.usage.cache_read.input_tokens'],
    cache_creation_tokens: attributes['gen_ai.usage.cache_creation.input_tokens'],
    reasoning_tokens: attributes['gen_ai.usage.reasoning.output_tokens'] ?? attributes['gen_ai.usage.reasoning_tokens'],
  }
  return {
    ...common,
    id: ['model', unique],
    type: 'agent_response',
    payload: responsePayload(usage, toList(attributes['gen_ai.response.finish_reasons'])[0]),
    content: { response: attributes['gen_ai.output.messages'] },
  }
}

export const toModel = (attributes: Fields): unknown =>
  attributes['gen_ai.response.model'] ?? attributes['gen_ai.request.model']
