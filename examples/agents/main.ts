import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { codex } from './agents/codex.ts'
import { geminiCli } from './agents/gemini-cli.ts'
import { runAgents } from './run-agents.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const LOCK = `${FOLDER}package-lock.json`
const INSTALLED_LOCK = `${FOLDER}node_modules/.installed-lock.json`

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '3' },
    kills: { type: 'string', default: '4' },
    agent: { type: 'string', multiple: true, default: [codex.name, geminiCli.name] },
  },
})
// Ends what was started too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const print = (line: string) => process.stdout.write(`${line}\n`)

const lock = readFileSync(LOCK, 'utf8')
if (!existsSync(INSTALLED_LOCK) || readFileSync(INSTALLED_LOCK, 'utf8') !== lock) {
  // Codex comes as a package for each platform, so nothing has to be built.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', args, { cwd: FOLDER, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(INSTALLED_LOCK, lock)
}

const agents = [codex, geminiCli].filter(({ name }) => values.agent.includes(name))
const { doubled, lost } = await runAgents({
  agents,
  sessions: Number(values.sessions),
  kills: Number(values.kills),
  print,
})
if (doubled + lost > 0) process.exitCode = 1
