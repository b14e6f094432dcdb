import { toCount, toText } from './read-values.ts'

/** Token counts and cost of a request to a model, under the names that all sources share. */
export interface Usage {
  input_tokens?: unknown
  output_tokens?: unknown
  cached_tokens?: unknown
  cache_creation_tokens?: unknown
  reasoning_tokens?: unknown
  total_tokens?: unknown
  cost_usd?: unknown
}

/** The payload of an `agent_response` that reports one response of the model. */
export function responsePayload(usage: Usage, finishReason?: unknown): Record<string, unknown> {
  const counts = Object.entries(usage).map(([name, value]) => [name, toCount(value)])
  return { kind: 'model_response', ...Object.fromEntries(counts), finish_reason: toText(finishReason) }
}
