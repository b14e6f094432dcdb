import type { AgentSource, Span, Telemetry } from './agent-source.ts'
import { readGenAiSpan, toModel } from './gen-ai-spans.ts'
import { toText } from './read-values.ts'

/**
 * Any agent that follows the semantic conventions of OpenTelemetry for generative AI. Only its spans are read: log records of
 * the conventions repeat them.
 */
export const genAi: AgentSource = {
  name: 'gen-ai',
  recognizes: ({ attributes }: Telemetry) => typeof attributes['gen_ai.operation.name'] === 'string',
  readSpan: (span: Span) => {
    const { attributes, resource } = span
    const service = toText(resource['service.name']) ?? 'unknown'
    // Without a conversation, each trace is a session.
    const id =
      toText(attributes['gen_ai.conversation.id'], 1024) ?? toText(attributes['session.id'], 1024) ?? span.traceId
    return readGenAiSpan(span, {
      source: 'gen-ai',
      id: id && `${service}:${id}`,
      userId: attributes['user.id'] ?? attributes['enduser.id'],
      agent: {
        id: toText(attributes['gen_ai.agent.name']) ?? service,
        model: toModel(attributes),
        version: attributes['gen_ai.agent.version'] ?? resource['service.version'],
      },
    })
  },
}
