import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findLinks, getAnchors, isRelative } from '../../../build/markdown.ts'
import { type EmbeddedCore, startEmbeddedCore } from '../../../embedded-core/src/embedded-core.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'
import { MCP_HEADERS } from '../support/tool-calls.ts'

const run = promisify(execFile)
const ROOT = new URL('../../../', import.meta.url).pathname
const GATEWAY_URL = 'http://127.0.0.1:8080'

describe('the commands and programs in the documents do what the documents show', () => {
  let dir: string
  let core: EmbeddedCore
  let gateway: TestGateway

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'achilles-'))
    const dataDir = join(dir, 'data')
    await seedDataDir(dataDir)
    core = await startEmbeddedCore({ dataDir, log: () => {}, execArgv: ['--import', 'tsx'] })
    gateway = await startTestGateway(core)
  })

  afterAll(async () => {
    await gateway.close()
    await core.stop()
    await rm(dir, { recursive: true, force: true })
  })

  const atGateway = (text: string) => text.replaceAll(GATEWAY_URL, gateway.url)

  /** Runs an ES module of a document as if it stood in the repository; resolves to its standard output. */
  async function runModule(code: string): Promise<string> {
    const args = [
      '--import',
      'tsx',
      '--input-type=module',
      '--eval',
      atGateway(code).replaceAll('.spool', `${dir}/spool`),
    ]
    return (await run(process.execPath, args, { cwd: ROOT })).stdout
  }

  async function statusOf(external_session_key: string): Promise<unknown> {
    const { value } = await gateway.rest('POST', '/sessions/resolve', { external_session_key })
    return (value as { session: { status: string } | null }).session?.status
  }

  test('README.md: TypeScript, curl and an agent', async () => {
    const section = sectionOf('README.md', 'Call it')
    const [program = ''] = blocks(section, 'ts')
    await runModule(program)
    expect(await statusOf('thursday')).toBe('completed')

    const [response, configuration = ''] = blocks(section, 'json')
    expect(masked(await bash(atGateway(blocks(section, 'sh').join(''))))).toBe(masked(response?.trim() ?? ''))

    const { mcpServers } = JSON.parse(atGateway(configuration)) as { mcpServers: { achilles: { url: string } } }
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    const init = { method: 'POST', headers: MCP_HEADERS, body: JSON.stringify(list) }
    const listed = await fetch(mcpServers.achilles.url, init)
    expect(await listed.json()).toMatchObject({ result: { tools: expect.arrayContaining([expect.anything()]) } })
  })

  test.each([
    ['docs/getting-started.md', 'A session in curl'],
    ['docs/agents.md', 'A session with the tools'],
    ['docs/otlp.md', 'Try it'],
  ])('%s: %s', async (page, heading) => {
    const section = sectionOf(page, heading)
    const output = await bash(atGateway(blocks(section, 'sh').join('\n')))
    expect(masked(output)).toBe(masked(blocks(section, 'json').join('')))
  })

  test('docs/typescript.md: Call an operation', async () => {
    const section = sectionOf('docs/typescript.md', 'Call an operation')
    const file = join(ROOT, 'examples/lifecycle/lifecycle.ts')
    expect(blocks(section, 'ts')).toEqual([readFileSync(file, 'utf8')])
    const env = { ...process.env, GATEWAY_URL: gateway.url }
    const { stdout } = await run(process.execPath, ['--import', 'tsx', file], { env, cwd: ROOT })
    expect(masked(stdout)).toBe(masked(blocks(section, 'json').join('')))
  })

  test('docs/typescript.md: Record from an IDE extension', async () => {
    await runModule(blocks(sectionOf('docs/typescript.md', 'Record from an IDE extension'), 'ts').join(''))
    expect(await statusOf('wednesday')).toBe('completed')
  })

  describe('docs/authentication.md', () => {
    const page = 'docs/authentication.md'
    let keysFile: string
    let provider: IdentityProvider
    let guarded: TestGateway | undefined

    beforeAll(async () => {
      keysFile = join(dir, 'keys.json')
      provider = await startIdentityProvider()
    })

    afterAll(async () => {
      await guarded?.close()
      await provider.close()
    })

    /** Runs shell commands against the gateway that requires credentials, with the values of the page put back. */
    async function atGuarded(script: string): Promise<string> {
      const url = guarded?.url ?? GATEWAY_URL
      const actual = script.replaceAll('keys.json', keysFile).replaceAll(GATEWAY_URL, url)
      const output = await bash(actual)
      return output.replaceAll(keysFile, 'keys.json').replaceAll(url, GATEWAY_URL)
    }

    test('from no key to a first call, and the key removed', async () => {
      const section = sectionOf(page, 'From no key to a first call')
      const [create = '', , ...calls] = blocks(section, 'sh')
      const created = await atGuarded(`exec 2>&1\n${create}`)
      expect(masked(created)).toBe(masked(blocks(section, 'text').join('')))

      const { issuer, audience, jwksUrl } = provider
      const tokens = { issuer, audience, jwksUrl }
      guarded = await startTestGateway(core, { auth: { apiKeysFile: keysFile, tokens } })
      const [shown = ''] = KEY.exec(section) ?? []
      const [key = ''] = KEY.exec(created) ?? []
      const output = await atGuarded(calls.join('\n').replaceAll(shown, key))
      expect(masked(output)).toBe(masked(blocks(section, 'json').join('')))

      const manage = sectionOf(page, 'Manage keys')
      const [commands = ''] = blocks(manage, 'sh')
      const managed = await atGuarded(`export GATEWAY_API_KEYS_FILE=keys.json\nexec 2>&1\n${commands}`)
      expect(managed).toBe(blocks(manage, 'text').join(''))
    })

    test('JWT, and MCP sign-in', async () => {
      const jwt = sectionOf(page, 'JWT')
      const variables = blocks(sectionOf(page, 'From no key to a first call'), 'sh')
        .join('')
        .split('\n')
        .filter((line) => /^(GATEWAY|BODY)=/.test(line))
      const token = await provider.token({ sub: 'ada', workspaces: ['ws-checkout'] })
      const script = [...variables, `TOKEN=${token}`, ...blocks(jwt, 'sh')].join('\n')
      expect(masked(await atGuarded(script))).toBe(masked(blocks(jwt, 'json').join('')))

      const signIn = sectionOf(page, 'MCP sign-in')
      const output = await atGuarded(blocks(signIn, 'sh').join('\n'))
      const named = output.replaceAll(provider.issuer, 'https://id.example.com').replaceAll('\r', '')
      expect(named).toBe(blocks(signIn, 'text').join(''))
    })
  })

  async function bash(script: string): Promise<string> {
    // From a file, so that bash reports the line of a command that fails.
    const file = join(dir, 'script.sh')
    await writeFile(file, script)
    return (await run('bash', ['-eu', file], { cwd: ROOT })).stdout
  }
})

describe('every relative link of a document leads to a file and, where it names one, to a heading', async () => {
  const listed = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: ROOT })
  const documents = listed.stdout.trim().split('\n')

  test('the documents are found', () => {
    const expected = ['README.md', 'RUNBOOK.md', 'ARCHITECTURE.md', 'client/README.md', 'docs/getting-started.md']
    expect(documents).toEqual(expect.arrayContaining(expected))
  })

  test.each(documents)('%s', (name) => {
    const broken = findLinks(read(name)).filter((link) => {
      if (!isRelative(link)) return false
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? name : join(dirname(name), path)
      if (!existsSync(join(ROOT, target))) return true
      return anchor !== undefined && target.endsWith('.md') && !getAnchors(read(target)).has(anchor)
    })
    expect(broken).toEqual([])
  })
})

const KEY = /ach_[\w-]{43}/

const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')

function sectionOf(page: string, heading: string): string {
  const [, section] = read(page).split(`\n## ${heading}\n`)
  return section?.split('\n## ')[0] ?? expect.fail(`${page} has no section "${heading}"`)
}

/** The code blocks of a language; never none, so that a test cannot pass because a block was removed. */
function blocks(text: string, language: string): string[] {
  const found = [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, block = '']) => block)
  expect(found, `blocks of ${language}`).not.toEqual([])
  return found
}

/** The text with what differs between runs masked: ids, keys, tokens and the times at which Core wrote. */
const masked = (text: string) =>
  text
    .replace(/\b(prj|ses|snp|ins|aps)_[0-9a-f]+/g, '$1_…')
    .replace(/\bach_[\w-]+/g, 'ach_…')
    // In a tool's result the same text also stands with its quotes escaped.
    .replace(/(\\?)"(mcp_session_token|request_id|created_at|updated_at)\\?":\\?"[^"\\]*\\?"/g, '$1"$2"')
