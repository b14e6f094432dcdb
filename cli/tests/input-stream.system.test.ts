import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runProgram } from './support/built-cli.ts'

let folder: string
let script: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'achilles-input-'))
  script = join(folder, 'script.mts')
  const source = new URL('../src/hook/input-stream.ts', import.meta.url)
  writeFileSync(
    script,
    `import { writeSync } from 'node:fs'
    import { openInput, openPipe } from '${source}'
    const pipe = openPipe(0)
    const chunks = []
    ;(pipe ?? openInput(0)).read((chunk) => chunks.push(chunk), () => {
      const text = Buffer.concat(chunks).toString()
      writeSync(1, [pipe !== undefined, text.length > 100 ? text.length : text].join(' '))
      process.exit()
    })`,
  )
})
afterAll(() => rm(folder, { recursive: true }))

const node = (...more: string[]) => [process.execPath, '--import', import.meta.resolve('tsx'), script, ...more]
const bash = (command: string) => runProgram(['bash', '-c', command.replace('$NODE', node().join(' '))], {})

// Fails once Node has no longer the handle that is used below its streams: `process.stdin` is used then, and takes longer.
test.skipIf(process.platform === 'win32')('a pipe and a socket are read without Node’s streams', async () => {
  const text = 'x'.repeat(300_000)
  expect(await runProgram(node(), { input: text })).toMatchObject({ code: 0, stdout: 'true 300000' })
  expect(await bash('echo -n words | $NODE')).toMatchObject({ code: 0, stdout: 'true words' })
})

test.each([
  ['a file', 'echo -n words > $DIR/f; $NODE < $DIR/f', 'false words'],
  ['nothing', '$NODE < /dev/null', 'false '],
  ['a stream that is closed', '$NODE <&-', 'false '],
])('%s is read with them', async (_, command, stdout) => {
  expect(await bash(command.replaceAll('$DIR', folder))).toMatchObject({ code: 0, stdout })
})

test('a folder as the input ends nothing', () => {
  expect(execFileSync('bash', ['-c', `${node().join(' ')} < ${folder} 2>/dev/null || true`]).toString()).toMatch(
    /^(false )?$/,
  )
})
