import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RealAgent } from '../real-agent.ts'
import { startResponsesModel } from '../responses-model.ts'
import { FAILING_TEST, FIRST_VERSION, SECOND_VERSION } from '../task.ts'

const toPlusLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `+${line}\n`)
    .join('')

const patch = (lines: string) => `*** Begin Patch\n${lines}*** End Patch\n`
const changed = FIRST_VERSION.replace(SECOND_VERSION.old_string, SECOND_VERSION.new_string)

const CALLS = [
  {
    type: 'custom_tool_call',
    name: 'apply_patch',
    input: patch(`*** Add File: sum.mjs\n${toPlusLines(FIRST_VERSION)}`),
  },
  {
    type: 'custom_tool_call',
    name: 'apply_patch',
    input: patch(`*** Update File: sum.mjs\n@@\n-${FIRST_VERSION}${toPlusLines(changed)}`),
  },
  { type: 'function_call', name: 'exec_command', arguments: JSON.stringify({ cmd: 'node --version' }) },
  {
    type: 'function_call',
    name: 'exec_command',
    arguments: JSON.stringify({ cmd: 'node --test', yield_time_ms: 20_000 }),
  },
].map((call, index) => ({ ...call, call_id: `call_${index}` }))

const work = { tool_call: 4, tool_result: 4, file_edited: 2, command_executed: 1, test_run: 1 }
const byHook = { session_start: 1, agent_prompt: 1, ...work, agent_response: 1, session_end: 1 }

/** Codex, with a model of its own catalogue, so that it offers `apply_patch`. */
export const codex: RealAgent = {
  name: 'codex',
  async prepare({ home, project }) {
    await mkdir(join(home, '.codex'), { recursive: true })
    // The address of the model is in the environment of the session: a session has a model of its own.
    await writeFile(join(home, '.codex/config.toml'), 'model = "gpt-5.5"\nmodel_provider = "scripted"\n')
    await writeFile(join(project, 'sum.test.mjs'), FAILING_TEST)
  },
  async start() {
    const model = await startResponsesModel(CALLS)
    const provider = `{ name = "scripted", base_url = "${model.url}", wire_api = "responses" }`
    const program = join(import.meta.dirname, '../node_modules/@openai/codex/bin/codex.js')
    const options = [
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      '--dangerously-bypass-hook-trust',
    ]
    return {
      command: [
        process.execPath,
        program,
        'exec',
        '-c',
        `model_providers.scripted=${provider}`,
        ...options,
        'Write a sum',
      ],
      env: {},
      model,
    }
  },
  expected: {
    hook: byHook,
    OTLP: { session_start: 1, agent_prompt: 1, ...work, agent_response: 5 },
    both: { ...byHook, model_response: 5 },
  },
  hooksFile: '.codex/hooks.json',
  hooksPerSession: 2 * 4 + 4,
}
