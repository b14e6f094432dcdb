import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { type GatewayProcess, startGatewayProcess } from '../../../server/tests/support/gateway-process.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

let dir: string
let server: GatewayProcess

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'achilles-bundle-'))
  await seedDataDir(join(dir, 'core'))
  server = await startGatewayProcess({ ACHILLES_DATA_DIR: join(dir, 'core') })
})

afterAll(async () => {
  server.process.kill()
  await server.ended
  await rm(dir, { recursive: true, force: true })
})

test('the bundle that is built needs nothing but vscode, and does its work', async () => {
  const bundle = join(dir, 'dist/extension.cjs')
  await promisify(execFile)('npm', ['run', 'build', '--', `--outfile=${bundle}`], { cwd: ROOT })
  // Beside the bundle, where Node finds it as the editor would provide it.
  const stub = join(dir, 'node_modules/vscode/index.js')
  await build({
    entryPoints: [join(ROOT, 'tests/vscode-stub.ts')],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    outfile: stub,
  })
  process.stdout.write(`bundle: ${Math.round((await stat(bundle)).size / 1024)} KiB\n`)

  const load = createRequire(join(dir, 'dist/'))
  const extension = load('./extension.cjs') as typeof import('../src/extension.ts')
  expect(Object.keys(extension).sort()).toEqual(['activate', 'deactivate'])

  const { editor } = load('vscode') as typeof import('./vscode-stub.ts')
  const context = editor.start(join(dir, 'storage'), '/home/ada/checkout')
  editor.configure('achilles.gatewayUrl', server.url)
  extension.activate(context as unknown as Parameters<typeof extension.activate>[0])
  editor.open('/home/ada/checkout/a.ts', 'typescript')
  await expect.poll(() => editor.statusItem.text).toBe('$(pulse) Achilles 0/1')
  await extension.deactivate()
  for (const subscription of context.subscriptions) subscription.dispose()
  expect(editor.log.filter((line) => !line.startsWith('info'))).toEqual([])
})
