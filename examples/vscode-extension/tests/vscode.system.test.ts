import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findChromium } from '../../../client/tests/browser/browser.ts'
import { freePort } from '../../../server/tests/support/free-port.ts'
import { type GatewayProcess, startGatewayProcess } from '../../../server/tests/support/gateway-process.ts'
import { KEYS, writeKeysFile } from '../../../server/tests/support/keys-file.ts'
import { type CoreDatabase, type StoredEvent, startCoreDatabase } from './core-database.ts'
import { RealVsCode, type VsCodeWindow } from './real-vscode.ts'

const TASKS = {
  version: '2.0.0',
  tasks: [
    {
      label: 'check',
      type: 'process',
      command: 'true',
      group: { kind: 'test', isDefault: true },
      presentation: { reveal: 'never' },
      problemMatcher: [],
    },
  ],
}

describe.skipIf(!findChromium())('in a real VS Code', () => {
  const figures = { scenarios: 0, recorded: 0, stored: 0, lost: 0, doubled: 0, active: 0, insightShownMs: NaN }
  let core: CoreDatabase
  let port: number
  let gateway: GatewayProcess | undefined
  let code: RealVsCode

  beforeAll(async () => {
    core = await startCoreDatabase()
    port = await freePort()
    code = await RealVsCode.start(`http://127.0.0.1:${port}`)
  })

  afterEach(() => stopGateway())

  afterAll(async () => {
    const errors = code.errorsOfExtension()
    await code.stop()
    await core.close()
    process.stdout.write(`VS Code: ${JSON.stringify(figures)}\n`)
    expect(errors).toEqual([])
    expect(figures).toMatchObject({ lost: 0, doubled: 0, active: 0 })
  })

  async function startGateway(settings: Record<string, string> = {}): Promise<void> {
    const upstream = { ACHILLES_BASE_URL: core.url, ACHILLES_API_KEY: core.apiKey }
    gateway = await startGatewayProcess({ PORT: String(port), METRICS_PORT: '0', ...upstream, ...settings })
  }

  async function stopGateway(): Promise<void> {
    gateway?.process.kill('SIGKILL')
    await gateway?.ended
    gateway = undefined
  }

  const describeEvent = ({ event_type, file_path }: StoredEvent) =>
    [event_type, ...(file_path ? [file_path] : [])].join(' ')

  const statusesOf = async (workspaceId: string) =>
    (await core.sessionsOf(workspaceId)).map(({ status }) => status).sort()

  /** Waits until Core has exactly these events and no active session; returns the events. */
  async function expectStored(workspaceId: string, wanted: readonly string[], statuses: readonly string[]) {
    const read = async () => (await core.eventsOf(workspaceId)).map(describeEvent).sort()
    await expect.poll(read).toEqual([...wanted].sort())
    await expect.poll(() => statusesOf(workspaceId)).toEqual([...statuses].sort())
    const stored = await core.eventsOf(workspaceId)
    const ids = new Set(stored.map(({ event_id }) => event_id))
    figures.scenarios++
    figures.recorded += wanted.length
    figures.stored += stored.length
    figures.lost += wanted.length - ids.size
    figures.doubled += stored.length - ids.size
    figures.active += (await statusesOf(workspaceId)).filter((status) => status === 'active').length
    return stored
  }

  const createFolder = (workspaceId: string) =>
    code.createFolder(workspaceId, { 'cart.json': {}, 'order.txt': {}, '.vscode/tasks.json': TASKS })

  // A window that is reloaded opens its files again.
  const RESTORED = 'file_opened order.txt'
  const EDIT = ['file_opened order.txt', 'file_edited order.txt', 'file_saved order.txt']

  /** Edits and saves a file: three events. */
  async function edit(window: VsCodeWindow, text = 'one more line\n'): Promise<void> {
    await window.openFile('order.txt')
    await window.type(text)
    await window.save()
    await window.untilStatus(/[3-9] recorded/)
  }

  test('edits, a save, an error, a task and a renamed file are stored, and closing ends the session', async () => {
    await startGateway()
    const window = await code.open(createFolder('ws-work'))
    await window.openFile('cart.json')
    await window.type('{ broken')
    await window.save()
    await window.untilStatus(/4 recorded, 0 waiting/)
    await window.runCommand('Tasks: Run Test Task')
    await window.untilStatus(/5 recorded, 0 waiting/)
    await window.rename('order.txt', 'receipt.txt')
    await window.untilStatus(/8 recorded, 0 waiting/)
    await window.close()
    const stored = await expectStored(
      'ws-work',
      [
        'file_opened cart.json',
        'file_edited cart.json',
        'file_saved cart.json',
        'diagnostic_reported cart.json',
        'test_run',
        'file_opened order.txt',
        'file_closed order.txt',
        'file_opened receipt.txt',
      ],
      ['completed'],
    )
    expect(JSON.stringify(stored)).not.toContain('broken')
  })

  test('an insight is shown once the events that it follows from are stored', async () => {
    await startGateway()
    const window = await code.open(createFolder('ws-insight'))
    await window.expandView('Achilles Insights')
    await window.openFile('order.txt')
    for (let edits = 1; edits <= 10; edits++) {
      await window.type('x')
      await window.save()
      await window.untilStatus(new RegExp(`${1 + 2 * edits} recorded, 0 waiting`))
    }
    await window.untilListed('One file edited again and again')
    const shownAt = Date.now()
    const edits = (await core.eventsOf('ws-insight')).filter(({ event_type }) => event_type === 'file_edited')
    figures.insightShownMs = shownAt - Date.parse(edits.at(-1)?.created_at ?? '')
    await window.close()
    const stored = edits.flatMap(() => ['file_edited order.txt', 'file_saved order.txt'])
    await expectStored('ws-insight', ['file_opened order.txt', ...stored], ['completed'])
  })

  test('what happens before the gateway is there is stored once it is', async () => {
    const window = await code.open(createFolder('ws-late'))
    await edit(window)
    await window.untilStatus(/offline, 3 recorded, [3-9] waiting/)
    await startGateway()
    await window.untilStatus(/3 recorded, 0 waiting/)
    await window.close()
    await expectStored('ws-late', EDIT, ['completed'])
  })

  test('a window that closes without a gateway leaves everything to the next one', async () => {
    const folder = createFolder('ws-away')
    const window = await code.open(folder)
    await edit(window)
    await window.close()
    await startGateway()
    const next = await code.open(folder)
    await expect.poll(async () => (await core.eventsOf('ws-away')).length).toBeGreaterThanOrEqual(3)
    await next.close()
    await expectStored('ws-away', EDIT, ['completed', 'completed'])
  })

  test('so does one that closes while the gateway hangs', async () => {
    await startGateway()
    const folder = createFolder('ws-hanging')
    const window = await code.open(folder)
    await window.untilStatus(/0 waiting/)
    gateway?.process.kill('SIGSTOP')
    await edit(window)
    await window.close()
    // Longer than the extension has for its end.
    await delay(6_000)
    gateway?.process.kill('SIGCONT')
    const next = await code.open(folder)
    await expect.poll(() => statusesOf('ws-hanging')).toContain('completed')
    await next.close()
    await expectStored('ws-hanging', EDIT, ['completed', 'completed'])
  })

  test('an extension host that is killed loses nothing; its session is abandoned', async () => {
    const folder = createFolder('ws-killed')
    const window = await code.open(folder)
    await edit(window)
    expect(code.killExtensionHosts()).toBeGreaterThan(0)
    await startGateway()
    // VS Code starts another one by itself.
    await expect.poll(async () => (await core.sessionsOf('ws-killed')).length).toBe(2)
    await window.untilStatus(/0 waiting/)
    await window.close()
    await expectStored('ws-killed', [...EDIT, RESTORED], ['abandoned', 'completed'])
  })

  test('two windows of one folder share a spool', async () => {
    const folder = createFolder('ws-two')
    const [first, second] = [await code.open(folder), await code.open(folder)]
    await edit(first)
    await second.openFile('cart.json')
    await second.untilStatus(/1 recorded/)
    await second.close()
    await startGateway()
    await first.untilStatus(/3 recorded, 0 waiting/)
    await first.close()
    await expect.poll(async () => (await core.sessionsOf('ws-two')).length).toBeGreaterThanOrEqual(1)
    const next = await code.open(folder)
    await expect.poll(async () => (await core.eventsOf('ws-two')).length).toBeGreaterThanOrEqual(4)
    await next.close()
    await expectStored('ws-two', [...EDIT, 'file_opened cart.json'], ['completed', 'completed', 'completed'])
  })

  test('a reload ends one session and opens another', async () => {
    await startGateway()
    const window = await code.open(createFolder('ws-reload'))
    await edit(window)
    await window.untilStatus(/3 recorded, 0 waiting/)
    await window.reload()
    // A busy VS Code may not have stored which files are open.
    await window.openFile('order.txt')
    await window.untilStatus(/1 recorded, 0 waiting/)
    await window.close()
    await expectStored('ws-reload', [...EDIT, RESTORED], ['completed', 'completed'])
  })

  test('a key that is set while the session is open takes effect at once', async () => {
    const keys = await writeKeysFile(['ws-key'])
    await startGateway({ GATEWAY_API_KEYS_FILE: keys.path })
    const window = await code.open(createFolder('ws-key'))
    await edit(window)
    await window.untilStatus(/offline, 3 recorded/)
    await window.runCommand('Achilles: Set API Key')
    await window.enter(KEYS.limited)
    await window.untilStatus(/3 recorded, 0 waiting/)
    await window.close()
    await expectStored('ws-key', EDIT, ['completed'])
    await keys.remove()
  })

  test('a window that closes within 100 ms of the last edit loses none', async () => {
    await startGateway()
    const folder = createFolder('ws-quick')
    const window = await code.open(folder)
    await window.openFile('order.txt')
    await window.type('x')
    await window.close()
    const stored = await expectStored('ws-quick', ['file_opened order.txt', 'file_edited order.txt'], ['completed'])
    expect(stored.at(-1)?.payload).toMatchObject({ edits: 1 })
  })

  test('nothing is recorded of what another program writes, nor of errors that were there before', async () => {
    await startGateway()
    const folder = createFolder('ws-others')
    await writeFile(join(folder, 'bad.json'), '{ broken')
    const window = await code.open(folder)
    await window.openFile('bad.json')
    await window.openFile('order.txt')
    await appendFile(join(folder, 'order.txt'), 'written by sed\n')
    await window.untilShown('written')
    await window.type('y')
    await window.save()
    await window.untilStatus(/4 recorded, 0 waiting/)
    await window.close()
    const stored = await expectStored('ws-others', ['file_opened bad.json', ...EDIT], ['completed'])
    const edited = stored.find(({ event_type }) => event_type === 'file_edited')
    expect(edited?.payload).toMatchObject({ edits: 1, lines_added: 0 })
  })

  test('nothing is recorded while telemetry is disabled', async () => {
    await startGateway()
    const window = await code.open(createFolder('ws-off'))
    await window.untilStatus(/0 waiting/)
    await code.setUserSetting(window, 'telemetry.telemetryLevel', 'off')
    await window.untilStatus(/off/)
    await window.openFile('order.txt')
    await window.type('secret')
    await window.save()
    await code.setUserSetting(window, 'telemetry.telemetryLevel', 'all')
    await window.untilStatus(/1 recorded, 0 waiting/)
    await window.close()
    await expectStored('ws-off', [RESTORED], ['completed', 'completed'])
  })
})
