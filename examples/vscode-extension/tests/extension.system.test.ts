import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGatewayClient, type MCPEvent } from '@achilles/mcp-client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { ExtensionContext } from 'vscode'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { freePort } from '../../../server/tests/support/free-port.ts'
import { type GatewayProcess, startGatewayProcess } from '../../../server/tests/support/gateway-process.ts'
import { activate, deactivate } from '../src/extension.ts'
import { seeRequests } from './seen-requests.ts'
import { editor, TaskGroup } from './vscode-stub.ts'

vi.mock('vscode', () => import('./vscode-stub.ts'))

const FOLDER = '/home/ada/checkout'
const SECRET = 'const password = "hunter2"'

let dir: string
let server: GatewayProcess
let storages = 0
let requests: ReturnType<typeof seeRequests>
let context: ReturnType<typeof editor.start>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'achilles-vscode-'))
  for (const name of ['core', 'late', 'away', 'guarded']) await seedDataDir(join(dir, name))
  server = await startGatewayProcess({ ACHILLES_DATA_DIR: join(dir, 'core') })
})

beforeEach(() => {
  requests = seeRequests()
  context = editor.start(join(dir, `storage-${++storages}`), FOLDER)
  editor.configure('achilles.gatewayUrl', server.url)
})

afterEach(async () => {
  await close()
  requests.stop()
})

afterAll(async () => {
  server.process.kill()
  await server.ended
  await rm(dir, { recursive: true, force: true })
})

const start = () => activate(context as unknown as ExtensionContext)

/** As the editor does: hangs up, deactivates, and disposes without waiting. */
async function close(): Promise<void> {
  editor.isClosing = true
  const deactivated = deactivate()
  for (const subscription of context.subscriptions.splice(0)) subscription.dispose()
  await deactivated
}

const kindsOf = (events: MCPEvent[]) => events.map(({ event_type, file_path }) => [event_type, file_path])

/** What Core says of these events when they are sent once more. */
async function statusesOf(url: string, events: MCPEvent[], apiKey?: string) {
  const { results, failed } = await createGatewayClient({ url, apiKey }).signals.ingestBatch.mutate({ events })
  expect(failed).toEqual([])
  return new Set(results.map(({ status }) => status))
}

/** The session that was asked for last, as Core has it now. */
async function sessionOf(url: string, apiKey?: string) {
  const creation = requests.seen.findLast((request) => request.url.includes('sessions.create'))
  const external_session_key = String(creation?.body.match(/"external_session_key":"([^"]+)"/)?.[1])
  return (await createGatewayClient({ url, apiKey }).sessions.resolve.query({ external_session_key })).session
}

test('what happens to files and tasks reaches Core, and closing the editor ends the session', async () => {
  const open = editor.open(`${FOLDER}/src/open.ts`, 'typescript')
  start()
  const cart = editor.open(`${FOLDER}/src/cart.ts`, 'typescript', SECRET)
  editor.type(cart, 'one\ntwo\n', 4, 5)
  editor.type(cart, 'x', 5, 5)
  editor.save(cart)
  editor.diagnose(cart, [
    { severity: 0, message: SECRET, source: 'ts' },
    { severity: 1, message: SECRET, source: 'eslint' },
  ])
  editor.runTask(TaskGroup.Test, 0)
  editor.runTask(undefined, undefined)
  await expect.poll(() => requests.events().map(({ event_type }) => event_type)).toContain('diagnostic_reported')
  editor.close(cart)
  editor.type(open, 'not yet told')
  await close()

  const events = requests.events()
  expect(kindsOf(events)).toEqual([
    ['file_opened', 'src/open.ts'],
    ['file_opened', 'src/cart.ts'],
    ['file_edited', 'src/cart.ts'],
    ['file_saved', 'src/cart.ts'],
    ['test_run', undefined],
    ['command_executed', undefined],
    ['diagnostic_reported', 'src/cart.ts'],
    ['file_closed', 'src/cart.ts'],
    ['file_edited', 'src/open.ts'],
  ])
  expect(events[2]).toMatchObject({
    language: 'typescript',
    payload: { edits: 2, lines_added: 2, lines_removed: 1 },
  })
  expect(events[6]?.payload).toEqual({ errors: 1, warnings: 1, sources: ['ts'] })
  expect(await statusesOf(server.url, events)).toEqual(new Set(['duplicate']))
  expect(await sessionOf(server.url)).toMatchObject({
    status: 'completed',
    end_time: expect.any(String),
    project_id: expect.any(String),
    user_id: expect.stringMatching(/^vscode-/),
  })
})

test('nothing that a file says leaves the editor, nor what is not of the folder', async () => {
  start()
  const secret = editor.open(`${FOLDER}/secret.ts`, 'typescript', SECRET)
  editor.type(secret, SECRET)
  editor.diagnose(secret, [{ severity: 0, message: SECRET, source: 'ts' }])
  editor.runTask(TaskGroup.Build, 0)
  for (const path of [
    '/home/ada/diary.md',
    `${FOLDER}/.git/COMMIT_EDITMSG`,
    'untitled:Untitled-1',
    '/home/ada/checkout2/a',
  ])
    editor.type(editor.open(path, 'plaintext'), SECRET)
  await expect.poll(() => requests.events().length).toBe(4)
  await close()

  expect(requests.events().map(({ file_path }) => file_path)).toEqual([
    'secret.ts',
    undefined,
    'secret.ts',
    'secret.ts',
  ])
  const everything = requests.seen.map(({ url, body }) => url + body).join()
  expect(everything).not.toMatch(/hunter2|diary|COMMIT_EDITMSG|untitled|checkout2|token=1/i)
  // The contract asks for it twice: to negotiate, and to find the project.
  expect(everything.split(FOLDER)).toHaveLength(3)
})

test('five builds that fail are an insight, shown in the view on command', async () => {
  start()
  for (let run = 0; run < 5; run++) editor.runTask(TaskGroup.Build, 1)
  await expect.poll(() => editor.statusItem.text).toBe('$(pulse) Achilles 0/5')
  await editor.run('achilles.refreshInsights')
  expect(editor.insights()).toMatchObject([
    { label: 'Burst of errors', description: '5 errors within 5 minutes.', iconPath: { id: 'warning' } },
  ])
  await editor.run('achilles.showLedger')
  expect(editor.messages).toEqual([expect.stringContaining('online\npending: 0\naccepted: 5\n')])
  expect(editor.statusItem).toMatchObject({ shown: true, backgroundColor: undefined })
})

test('a gateway that starts late gets what happened before, with the times it happened at', async () => {
  const port = await freePort()
  editor.configure('achilles.gatewayUrl', `http://127.0.0.1:${port}`)
  start()
  const before = Date.now()
  editor.save(editor.open(`${FOLDER}/early.ts`, 'typescript'))
  const after = Date.now()
  await expect.poll(() => editor.statusItem.text).toBe('$(warning) Achilles offline, 2 waiting')
  expect(editor.statusItem).toMatchObject({
    tooltip: expect.stringContaining('ECONNREFUSED'),
    backgroundColor: { id: 'statusBarItem.warningBackground' },
  })
  expect(editor.log.join()).toContain('cannot be reached')

  const late = await startGatewayProcess({ ACHILLES_DATA_DIR: join(dir, 'late'), PORT: `${port}` })
  try {
    await expect.poll(() => editor.statusItem.text).toBe('$(pulse) Achilles 0/2')
    const events = requests.events()
    expect(kindsOf(events)).toEqual([
      ['file_opened', 'early.ts'],
      ['file_saved', 'early.ts'],
    ])
    for (const { timestamp } of events) {
      expect(new Date(timestamp).getTime()).toBeGreaterThanOrEqual(before)
      expect(new Date(timestamp).getTime()).toBeLessThanOrEqual(after)
    }
    expect(await statusesOf(late.url, events)).toEqual(new Set(['duplicate']))
    expect(await sessionOf(late.url)).toMatchObject({ status: 'active' })
    await close()
    expect(await sessionOf(late.url)).toMatchObject({ status: 'completed' })
  } finally {
    late.process.kill()
    await late.ended
  }
})

test('a gateway that goes away in the middle: the rest waits on disk and is sent by the next run', async () => {
  const settings = { ACHILLES_DATA_DIR: join(dir, 'away'), PORT: `${await freePort()}` }
  const first = await startGatewayProcess(settings)
  editor.configure('achilles.gatewayUrl', first.url)
  start()
  editor.open(`${FOLDER}/a.ts`, 'typescript')
  await expect.poll(() => editor.statusItem.text).toBe('$(pulse) Achilles 0/1')
  first.process.kill('SIGKILL')
  await first.ended
  editor.open(`${FOLDER}/b.ts`, 'typescript')
  await expect.poll(() => editor.statusItem.text).toBe('$(warning) Achilles offline, 1 waiting')
  await close()

  const storage = context.globalStorageUri.path.replace(/\/global$/, '')
  const second = await startGatewayProcess(settings)
  try {
    context = editor.start(storage, FOLDER)
    editor.configure('achilles.gatewayUrl', second.url)
    start()
    await expect.poll(() => editor.statusItem.text).toBe('$(pulse) Achilles 0/1')
    await editor.run('achilles.showLedger')
    expect(editor.messages.join()).toContain('from an earlier run: 1')
    expect(requests.events().map(({ file_path }) => file_path)).toEqual(['a.ts', 'b.ts'])
    expect(await statusesOf(second.url, requests.events())).toEqual(new Set(['duplicate']))
  } finally {
    await close()
    second.process.kill()
    await second.ended
  }
})

test('another address ends the session here and opens one there; what was held goes along', async () => {
  const port = await freePort()
  editor.configure('achilles.gatewayUrl', `http://127.0.0.1:${port}`)
  start()
  editor.open(`${FOLDER}/moved.ts`, 'typescript')
  await expect.poll(() => editor.statusItem.text).toContain('offline')
  editor.configure('achilles.gatewayUrl', server.url)
  await expect.poll(() => editor.statusItem.text).toBe('$(pulse) Achilles 0/1')
  expect(kindsOf(requests.events())).toEqual([['file_opened', 'moved.ts']])

  const before = await sessionOf(server.url)
  editor.configure('achilles.userId', 'ada')
  await expect.poll(() => sessionOf(server.url)).toMatchObject({ status: 'active', user_id: 'ada' })
  const { session } = await createGatewayClient({ url: server.url }).sessions.resolve.query({
    external_session_key: String(before?.external_session_key),
  })
  expect(session).toMatchObject({ status: 'completed' })
})

test('the API key is asked for, kept among the secrets, and still known when the editor hangs up', async () => {
  const key = 'ach_a-key-of-the-test'
  const keys = join(dir, 'keys.json')
  const sha256 = createHash('sha256').update(key).digest('hex')
  await writeFile(keys, JSON.stringify([{ name: 'ada', sha256 }]))
  const guarded = await startGatewayProcess({
    ACHILLES_DATA_DIR: join(dir, 'guarded'),
    GATEWAY_API_KEYS_FILE: keys,
  })
  try {
    editor.configure('achilles.gatewayUrl', guarded.url)
    start()
    editor.open(`${FOLDER}/guarded.ts`, 'typescript')
    await expect.poll(() => editor.statusItem.tooltip).toContain('A valid API key or access token is required')
    editor.nextInput = ` ${key} `
    await editor.run('achilles.setApiKey')
    await expect.poll(() => editor.statusItem.text).toBe('$(pulse) Achilles 0/1')
    expect(context.secrets.asked).toBe(2)
    expect(requests.seen.at(-1)?.headers.get('authorization')).toBe(`Bearer ${key}`)
    editor.open(`${FOLDER}/last.ts`, 'typescript')
    await close()
    expect(await statusesOf(guarded.url, requests.events(), key)).toEqual(new Set(['duplicate']))
    expect(await sessionOf(guarded.url, key)).toMatchObject({ status: 'completed' })
    expect(editor.log.join()).not.toContain(key)
  } finally {
    guarded.process.kill()
    await guarded.ended
  }
})

test('with nobody there to the end, closing ends all the same; what waits in memory was told before', async () => {
  editor.configure('achilles.gatewayUrl', `http://127.0.0.1:${await freePort()}`)
  start()
  editor.open(`${FOLDER}/lost.ts`, 'typescript')
  await expect.poll(() => editor.log.at(-1)).toMatch(/^warn: .+; 1 events wait in memory for a session$/)
  await close()
})

test('every command of the manifest is there; without a folder there is the key alone', async () => {
  const { contributes } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    contributes: { commands: { command: string }[] }
  }
  start()
  expect(editor.commandIds().sort()).toEqual(contributes.commands.map(({ command }) => command).sort())
  await close()
  context = editor.start(join(dir, 'nothing'))
  start()
  expect(editor.commandIds()).toEqual(['achilles.setApiKey'])
})
