import { cut } from './read-values.ts'

export type CommandType = 'command_executed' | 'test_run' | 'build_run'

const MAX_LENGTH = 4096
const SEPARATORS = /&&|\|\||[;|&\n]/
// Before the program: assignments, and programs that only start another one.
const WRAPPERS = new Set([
  'sudo',
  'time',
  'env',
  'exec',
  'nohup',
  'command',
  'npx',
  'bunx',
  'dlx',
  'poetry',
  'uv',
  'bundle',
])
const RUNNERS = new Set(['npm', 'pnpm', 'yarn', 'bun'])
const SHELLS = new Set(['bash', 'sh', 'zsh', 'dash', 'fish', 'pwsh'])

const TEST_PROGRAMS = new Set(
  'vitest jest mocha ava tap pytest tox nox rspec phpunit ctest nose2 cypress karma nextest gotestsum bats'.split(' '),
)
const BUILD_PROGRAMS = new Set(
  'tsc webpack rollup esbuild vite tsup turbo javac gcc g++ clang rustc ninja xcodebuild msbuild'.split(' '),
)
const TEST_TASKS = new Map<string, ReadonlySet<string>>([
  ['cargo', new Set(['test', 'nextest', 't'])],
  ['go', new Set(['test'])],
  ['dotnet', new Set(['test'])],
  ['deno', new Set(['test'])],
  ['swift', new Set(['test'])],
  ['mix', new Set(['test'])],
  ['rake', new Set(['test', 'spec'])],
  ['rails', new Set(['test'])],
  ['mvn', new Set(['test', 'verify'])],
  ['gradle', new Set(['test', 'check'])],
  ['make', new Set(['test', 'tests', 'check'])],
  ['bazel', new Set(['test'])],
  ['playwright', new Set(['test'])],
  ['node', new Set(['--test'])],
  ['python', new Set(['pytest', 'unittest'])],
])
const BUILD_TASKS = new Map<string, ReadonlySet<string>>([
  ['cargo', new Set(['build', 'check', 'b'])],
  ['go', new Set(['build', 'install'])],
  ['dotnet', new Set(['build', 'publish'])],
  ['swift', new Set(['build'])],
  ['mvn', new Set(['compile', 'package', 'install'])],
  ['gradle', new Set(['build', 'assemble'])],
  ['make', new Set(['', 'all', 'build'])],
  ['bazel', new Set(['build'])],
  ['docker', new Set(['build'])],
  ['next', new Set(['build'])],
  ['cmake', new Set(['--build'])],
])

/** Whether a command line runs tests or a build, as far as it says so. A line that does both is a test run. */
export function classifyCommand(command: string): CommandType {
  const types = cut(command, MAX_LENGTH).split(SEPARATORS).map(classifyOne)
  if (types.includes('test_run')) return 'test_run'
  return types.includes('build_run') ? 'build_run' : 'command_executed'
}

function classifyOne(command: string): CommandType {
  const words = command.split(/[\s'"()]+/).filter((word) => word !== '')
  while (words[0] !== undefined && (WRAPPERS.has(toProgram(words[0])) || isAssignment(words[0]) || isShellCall(words)))
    words.shift()
  const program = toProgram(words.shift() ?? '')
  if (RUNNERS.has(program)) return classifyScript(words)
  if (TEST_PROGRAMS.has(program)) return 'test_run'
  const task = words.find((word) => word.startsWith('--') || !word.startsWith('-')) ?? ''
  if (TEST_TASKS.get(program)?.has(task)) return 'test_run'
  return BUILD_PROGRAMS.has(program) || BUILD_TASKS.get(program)?.has(task) ? 'build_run' : 'command_executed'
}

/** The script of `npm run test:unit`, `pnpm test`, `yarn build`. */
function classifyScript(words: readonly string[]): CommandType {
  const [task = '', name = ''] = words.filter((word) => !word.startsWith('-'))
  const script = task === 'run' || task === 'exec' ? name : task
  if (script === 't' || TEST_PROGRAMS.has(script) || /^tests?(?:[:.-]|$)/.test(script)) return 'test_run'
  return BUILD_PROGRAMS.has(script) || /^(?:build|compile)(?:[:.-]|$)/.test(script) ? 'build_run' : 'command_executed'
}

const isAssignment = (word: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*=/.test(word)

/** True for `bash -lc npm test`, and then for its option. */
const isShellCall = ([word = '', next = '']: readonly string[]): boolean =>
  (SHELLS.has(toProgram(word)) && next.startsWith('-')) || /^-[a-z]*c$/.test(word) || word === 'run'

/** `python` for `/usr/bin/python3.12`, `gradle` for `./gradlew`. */
function toProgram(word: string): string {
  const name = word
    .slice(word.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/\.(?:exe|cmd)$/, '')
  if (name.startsWith('python') || name === 'py') return 'python'
  return name === 'gradlew' ? 'gradle' : name === 'mvnw' ? 'mvn' : name === 'gmake' ? 'make' : name
}
