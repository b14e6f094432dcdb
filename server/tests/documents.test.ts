import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddedCore, startEmbeddedCore } from '../src/embedded-core/embedded-core.ts'
import { seedDataDir } from '../src/embedded-core/testing/seed-data-dir.ts'
import { startTestGateway, type TestGateway } from './test-gateway.ts'

const run = promisify(execFile)
const ROOT = new URL('../../', import.meta.url).pathname
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

describe('what the README shows is what happens', () => {
  let dataDir: string
  let core: EmbeddedCore
  let gateway: TestGateway

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'achilles-'))
    await seedDataDir(dataDir)
    core = await startEmbeddedCore({ dataDir, log: () => {}, execArgv: ['--import', 'tsx'] })
    gateway = await startTestGateway(core)
  })

  afterAll(async () => {
    await gateway.close()
    await core.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  test('in curl', async () => {
    const day = sectionOf('A day in curl')
    const script = blocks(day, 'sh').join('\n').replaceAll('http://127.0.0.1:8080', gateway.url)
    const { stdout } = await run('bash', ['-euc', script])
    expect(settled(stdout)).toBe(settled(blocks(day, 'json').join('')))
  })

  test('for agents', async () => {
    const section = sectionOf('For agents')
    const script = blocks(section, 'sh').join('\n').replaceAll('http://127.0.0.1:8080', gateway.url)
    const { stdout } = await run('bash', ['-euc', script])
    expect(settled(stdout)).toBe(settled(blocks(section, 'json').join('')))
  })

  test('in TypeScript', async () => {
    const section = sectionOf('The same in TypeScript')
    const file = join(ROOT, 'examples/lifecycle/lifecycle.ts')
    expect(blocks(section, 'ts')).toEqual([readFileSync(file, 'utf8')])
    const env = { ...process.env, GATEWAY_URL: gateway.url }
    const { stdout } = await run(process.execPath, ['--import', 'tsx', file], { env, cwd: ROOT })
    expect(settled(stdout)).toBe(settled(blocks(section, 'json').join('')))
  })
})

test('every path that a document names exists', async () => {
  const listed = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: ROOT })
  const documents = listed.stdout.trim().split('\n')
  expect(documents).toContain('ARCHITECTURE.md')
  for (const name of documents) {
    const links = readFileSync(join(ROOT, name), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)
    for (const [, path = ''] of links)
      expect(existsSync(join(ROOT, name, '..', path)), `${name} names ${path}`).toBe(true)
  }
})

function sectionOf(heading: string): string {
  const [, section] = README.split(`\n## ${heading}\n`)
  return section?.split('\n## ')[0] ?? ''
}

const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, block = '']) => block)

/** What differs from run to run, made equal: ids, tokens and the moments at which Core wrote. */
const settled = (text: string) =>
  text
    .replace(/\b(prj|ses|snp|ins|aps)_[0-9a-f]+/g, '$1_…')
    // A tool's answer stands in a text as well, its quotes escaped.
    .replace(/(\\?)"(mcp_session_token|request_id|created_at|updated_at)\\?":\\?"[^"\\]*\\?"/g, '$1"$2"')
