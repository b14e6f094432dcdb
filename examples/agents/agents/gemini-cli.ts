import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { node24 } from '../node-24.ts'
import type { RealAgent } from '../real-agent.ts'
import { FAILING_TEST, FIRST_VERSION, SECOND_VERSION } from '../task.ts'

const CALLS = [
  { name: 'write_file', args: { file_path: 'sum.mjs', content: FIRST_VERSION } },
  { name: 'replace', args: { file_path: 'sum.mjs', instruction: 'Use a block', ...SECOND_VERSION } },
  { name: 'run_shell_command', args: { command: 'node --version', description: 'The version of Node' } },
  { name: 'run_shell_command', args: { command: 'node --test', description: 'The tests' } },
]

const work = { tool_call: 4, tool_result: 4, file_edited: 2, command_executed: 1, test_run: 1 }
const byHook = { session_start: 1, agent_prompt: 1, ...work, agent_response: 1, session_end: 1 }

/** Gemini CLI, whose `--fake-responses` play the model. */
export const geminiCli: RealAgent = {
  name: 'gemini-cli',
  async prepare({ home, project }) {
    await mkdir(join(home, '.gemini'), { recursive: true })
    const settings = { security: { auth: { selectedType: 'gemini-api-key' } }, hooksConfig: { enabled: true } }
    await writeFile(join(home, '.gemini/settings.json'), JSON.stringify(settings, null, 2))
    await writeFile(join(home, 'responses.jsonl'), [...CALLS.map(toCall), toText('done')].map(toLine).join(''))
    await writeFile(join(project, 'sum.test.mjs'), FAILING_TEST)
  },
  async start({ home }) {
    const program = join(import.meta.dirname, '../node_modules/@google/gemini-cli/bundle/gemini.js')
    const options = ['-m', 'gemini-2.5-flash', '--fake-responses', join(home, 'responses.jsonl'), '--yolo']
    return {
      command: [node24, program, ...options, '--skip-trust', '-p', 'Write a sum'],
      env: { GEMINI_API_KEY: 'none' },
    }
  },
  expected: {
    hook: byHook,
    // Its telemetry has no command lines.
    OTLP: { agent_prompt: 1, ...work, command_executed: 2, test_run: 0, agent_response: 5 },
    both: { ...byHook, model_response: 5 },
  },
  hooksFile: '.gemini/settings.json',
  hooksPerSession: 2 * 4 + 4,
}

const toCall = (functionCall: (typeof CALLS)[number]) => ({ functionCall })
const toText = (text: string) => ({ text })

const toLine = (part: object) =>
  `${JSON.stringify({
    method: 'generateContentStream',
    response: [
      {
        candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 },
      },
    ],
  })}\n`
