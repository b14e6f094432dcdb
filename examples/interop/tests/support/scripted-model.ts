import { MockLanguageModelV3 } from 'ai/test'
import type { SessionScript } from './session-script.ts'

/** A language model of the AI SDK that asks for the calls of a script. */
export interface ScriptedModel {
  model: MockLanguageModelV3
  /** Texts of the tool results in the newest prompt. */
  readonly results: string[]
}

/** @param prefix of the tools' names for the model */
export function createScriptedModel(script: SessionScript, prefix = ''): ScriptedModel {
  let results: string[] = []
  const model = new MockLanguageModelV3({
    doGenerate: async ({ prompt }) => {
      results = prompt.flatMap(({ role, content }) => (role === 'tool' ? content.map(getText) : []))
      const call = script.next(results)
      const toolName = `${prefix}${call?.tool}`
      return {
        content: call
          ? [{ type: 'tool-call', toolCallId: `${results.length}`, toolName, input: JSON.stringify(call.input) }]
          : [{ type: 'text', text: 'done' }],
        finishReason: { unified: call ? 'tool-calls' : 'stop', raw: undefined },
        usage: {
          inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: 1, text: 1, reasoning: 0 },
        },
        warnings: [],
      }
    },
  })
  return {
    model,
    get results() {
      return results
    },
  }
}

/** A tool's output is a list of content blocks (AI SDK), or else a text, the structured content or the result (Mastra). */
function getText(part: unknown): string {
  const { value } = (part as { output: { value: string | Blocks | { content?: Blocks } } }).output
  if (typeof value === 'string') return value
  const blocks = Array.isArray(value) ? value : value.content
  return blocks ? blocks.map(({ text }) => text).join('') : JSON.stringify(value)
}

type Blocks = { text: string }[]
