import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import * as contract from '@achilles/mcp-contract'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type ScriptedCore, startScriptedCore } from '../../../server/tests/support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../../../server/tests/support/test-gateway.ts'
import { paths } from '../../build/package.ts'
import {
  createYarnProject,
  createYoCodeProject,
  type InstalledPackage,
  installPackage,
  OLDEST_TYPESCRIPT,
  runCommand,
} from './installed-package.ts'

const TSC_7 = fileURLToPath(new URL('./bin/tsc', import.meta.resolve('typescript-7/package.json')))
const TSC_5 = 'node_modules/typescript/bin/tsc'
const STRICT = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--noEmit']
const PLATFORM = ['--target', 'es2023', '--lib', 'es2023,dom', 'src/right-use.ts', 'src/wrong-use.ts']

/** The most that an app in a browser may pay for the package and all that it depends on. */
const MAX_BUNDLE_BYTES = 46_000
const MAX_CLIENT_BYTES = 25_000

let installed: InstalledPackage
let core: ScriptedCore
let gateway: TestGateway

beforeAll(async () => {
  installed = await installPackage()
  core = await startScriptedCore()
  gateway = await startTestGateway(core)
})

afterAll(async () => {
  await gateway?.close()
  await core?.close()
  await installed?.remove()
})

describe.each([
  ['TypeScript 7', TSC_7],
  ['TypeScript 5', TSC_5],
])('%s', (_name, tsc) => {
  test.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('compiles right use and refuses wrong use as %s, %s', async (module, resolution) => {
    const settings = [...STRICT, '--module', module, '--moduleResolution', resolution]
    await installed.node(tsc, ...settings, ...PLATFORM)
    // tRPC's types need more of the library.
    await installed.node(tsc, ...settings, '--target', 'es2023', '--lib', 'esnext,dom', 'src/router-use.ts')
  })
})

test(`compiles right use with TypeScript ${OLDEST_TYPESCRIPT}, the oldest that the README names`, async () => {
  const settings = ['--strict', '--skipLibCheck', 'false', '--noEmit', '--module', 'node16', '--target', 'es2022']
  await installed.node('node_modules/typescript-oldest/bin/tsc', ...settings, '--lib', 'es2022,dom', 'src/right-use.ts')
  expect(await readFile(join(installed.packageDir, 'README.md'), 'utf8')).toContain(`TypeScript ${OLDEST_TYPESCRIPT}`)
})

test('the README’s extension compiles in the default project of `yo code`', async () => {
  const readme = await readFile(join(installed.packageDir, 'README.md'), 'utf8')
  const [, code = ''] = /```ts\n(import \* as vscode from .*?)```/s.exec(readme) ?? []
  expect(code).toContain('activate')
  const dir = await createYoCodeProject(installed, code)
  expect(await readFile(join(dir, 'tsconfig.json'), 'utf8')).not.toContain('skipLibCheck')
  await runCommand(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], dir)
  expect(await readFile(join(dir, 'out/extension.js'), 'utf8')).toContain('openSession')
})

/** Writes a project that compiles only where each type of the contract is the same in the declarations as at home. */
async function writeContractCheck(packageDir: string): Promise<string> {
  const schemas = Object.entries(contract).filter(([, exported]) => exported instanceof z.ZodType)
  const names = [...schemas.map(([name]) => name), 'Json', 'JsonObject']
  // Below client/, where the contract can be found.
  const dir = join(paths.dist, '.contract-check')
  await mkdir(dir, { recursive: true })
  const lines = [
    `import type * as contract from '@achilles/mcp-contract'`,
    `import type * as published from '${packageDir}/index.d.ts'`,
    `import type { Equal } from '../../tests/types/equal.ts'`,
    ...names.map((name) => `true satisfies Equal<published.${name}, contract.${name}>`),
  ]
  await writeFile(join(dir, 'check.ts'), lines.join('\n'))
  const settings = { extends: '../../../tsconfig.json', include: ['check.ts'], exclude: [] }
  await writeFile(join(dir, 'tsconfig.json'), JSON.stringify(settings))
  return dir
}

test('says of the contract just what the contract says', async () => {
  const project = await writeContractCheck(installed.packageDir)
  await runCommand(process.execPath, [TSC_7, '-p', project], paths.client)
})

test('declares what it exports, and mentions nothing that is not published', async () => {
  for (const entry of ['index', 'node', 'router']) {
    const declared = await readFile(join(installed.packageDir, `${entry}.d.ts`), 'utf8')
    expect(await readFile(join(installed.packageDir, `${entry}.d.cts`), 'utf8')).toBe(declared)
    const values = [...declared.matchAll(/^export declare (?:abstract )?(?:class|const|function) (\w+)/gm)]
    const script = `console.log(JSON.stringify(Object.keys(await import('./node_modules/@achilles/mcp-client/${entry}.js'))))`
    const exported = JSON.parse(await installed.node('--input-type=module', '-e', script))
    expect(exported.toSorted()).toEqual(values.map(([, name]) => name).toSorted())
    expect(new Set(declared.match(/(?<=from ')[^']+|(?<=import\(["'])[^"']+/g) ?? [])).toEqual(
      new Set(entry === 'router' ? ['@trpc/server'] : []),
    )
  }
})

/** The public types of the package in one page, for people: any change of them shows as a change of this page. */
async function toApiReport(packageDir: string): Promise<string> {
  const sections = [
    ['@achilles/mcp-client', 'index.d.ts'],
    ['@achilles/mcp-client/node', 'node.d.ts'],
    ['@achilles/mcp-client/router', 'router.d.ts'],
  ].map(async ([name = '', file = '']) => {
    const declarations = await readFile(join(packageDir, file), 'utf8')
    const shown = declarations
      .replace(/^(?:import|\/\/\/) .*\n+/gm, '')
      .replace(/^export \{ \}\n*$/m, '')
      .replace(/^export declare /gm, 'export ')
      .trim()
    return `## \`${name}\`\n\n\`\`\`ts\n${shown}\n\`\`\`\n`
  })
  const intro =
    'What the package declares, as `npm test` finds it in the packed tarball; `npx vitest -u` brings it up to date.'
  return `# API of @achilles/mcp-client\n\n${intro}\n\n${(await Promise.all(sections)).join('\n')}`
}

test('changes its public types only with docs/api.md', async () => {
  await expect(await toApiReport(installed.packageDir)).toMatchFileSnapshot('../../docs/api.md')
})

const CALL = `createGatewayClient({ url: '${'URL'}' }).health.query().then((health) => console.log(health.status, typeof fileSpool))`

test.each([
  [
    'import',
    `import { createGatewayClient } from '@achilles/mcp-client'; import { fileSpool } from '@achilles/mcp-client/node';`,
  ],
  [
    'require',
    `const { createGatewayClient } = require('@achilles/mcp-client'); const { fileSpool } = require('@achilles/mcp-client/node');`,
  ],
])('runs in Node by %s', async (way, imports) => {
  const type = way === 'import' ? '--input-type=module' : '--input-type=commonjs'
  const answer = await installed.node(type, '-e', imports + CALL.replace('URL', gateway.url))
  expect(answer).toBe('ok function\n')
})

test('keeps events in files under Yarn’s Plug’n’Play', async ({ skip }) => {
  const yarn = await createYarnProject(installed)
  if (!yarn) return skip()
  const script = `
    const { fileSpool } = require('@achilles/mcp-client/node')
    const events = [{ session: 's', id: 'a', kind: 'event', json: '{}' }]
    async function run() {
      if (!process.versions.pnp) throw new Error('not under Plug’n’Play')
      const left = fileSpool('.spool')
      await left.append(events)
      await left.close()
      const heir = fileSpool('.spool')
      console.log(JSON.stringify(await heir.recover()))
      await heir.remove(events)
      await heir.close()
      console.log(require('fs').readdirSync('.spool').length)
    }
    run()`
  expect(await yarn('node', '-e', script)).toBe('[{"session":"s","id":"a","kind":"event","json":"{}"}]\n0\n')
})

test.each([
  ['all of it', 'createGatewayClient, openSession, isGatewayError', MAX_BUNDLE_BYTES],
  ['the client alone', 'createGatewayClient', MAX_CLIENT_BYTES],
])('is small in a browser: %s', async (what, names, limit) => {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${names} } from '@achilles/mcp-client'`, resolveDir: installed.dir },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  })
  const { length } = gzipSync(outputFiles[0]?.contents ?? '')
  process.stdout.write(`browser bundle, ${what}: ${(length / 1000).toFixed(1)} kB gzip\n`)
  expect(length).toBeLessThanOrEqual(limit)
})

test('depends on nothing that is not published', async () => {
  const { dependencies, ...manifest } = JSON.parse(await readFile(join(installed.packageDir, 'package.json'), 'utf8'))
  expect(Object.keys(dependencies).filter((name) => name.startsWith('@achilles/'))).toEqual([])
  expect(manifest).toMatchObject({ sideEffects: false, license: 'MIT' })
  expect(manifest).not.toHaveProperty('private')
  expect(await readdir(installed.packageDir)).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'CHANGELOG.md']))
})

test('passes publint and are-the-types-wrong', async () => {
  await runCommand('npm', ['run', 'check-package'], paths.client)
})
