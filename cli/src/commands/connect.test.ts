import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from '@decimalturn/toml-patch'
import { test as base, describe, expect } from 'vitest'
import { getFolders } from '../state/folders.ts'
import { readStoredConnections } from '../state/store-connections.ts'
import { type ConnectContext, connect, disconnect } from './connect.ts'

const test = base.extend<{ context: ConnectContext & { lines: string[]; settings: string } }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from a pattern.
  context: async ({}, use) => {
    const home = realpathSync(mkdtempSync(join(tmpdir(), 'achilles-connect-')))
    const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_STATE_HOME: join(home, 'state') }
    const lines: string[] = []
    await use({
      folders: getFolders(env),
      env,
      cwd: home,
      program: ['/usr/bin/node', '/opt/achilles.cjs'],
      print: (line) => lines.push(line),
      lines,
      settings: join(home, '.claude/settings.json'),
    })
    rmSync(home, { recursive: true, force: true })
  },
})

test('connecting and disconnecting leaves the settings byte for byte', async ({ context }) => {
  const { settings } = context
  mkdirSync(join(settings, '..'))
  const text = '{ "theme" :"dark",\n\n "hooks":{} }'
  writeFileSync(settings, text, { mode: 0o640 })
  await connect('claude-code', { workspace: 'ws', content: true }, context)
  const once = readFileSync(settings, 'utf8')
  expect(once).toContain('hook claude-code')
  expect(statSync(settings).mode & 0o777).toBe(0o640)
  expect(readFileSync(`${settings}.before-achilles`, 'utf8')).toBe(text)
  await connect('claude-code', {}, context)
  expect(readFileSync(settings, 'utf8')).toBe(once)
  expect(readFileSync(`${settings}.before-achilles`, 'utf8')).toBe(text)
  expect(readStoredConnections(context.folders)).toMatchObject({ 'claude-code': { workspace: 'ws', content: true } })

  await disconnect('claude-code', {}, context)
  expect(readFileSync(settings, 'utf8')).toBe(text)
  expect(existsSync(`${settings}.before-achilles`)).toBe(false)
  expect(readStoredConnections(context.folders)).toEqual({})
  await expect(disconnect('claude-code', {}, context)).rejects.toThrow('claude-code is not connected')
})

test('settings that were not there are removed again', async ({ context }) => {
  await connect('claude-code', {}, context)
  await disconnect('claude-code', {}, context)
  expect(existsSync(context.settings)).toBe(false)
})

test('what the user changed since stays, and so does the copy', async ({ context }) => {
  const { settings } = context
  mkdirSync(join(settings, '..'))
  writeFileSync(settings, '{"theme":"dark"}')
  await connect('claude-code', {}, context)
  writeFileSync(settings, readFileSync(settings, 'utf8').replace('dark', 'light'))
  await disconnect('claude-code', {}, context)
  expect(JSON.parse(readFileSync(settings, 'utf8'))).toEqual({ theme: 'light' })
  expect(readFileSync(`${settings}.before-achilles`, 'utf8')).toBe('{"theme":"dark"}')
})

test('a symbolic link stays one', async ({ context }) => {
  const { settings, cwd } = context
  mkdirSync(join(settings, '..'))
  writeFileSync(join(cwd, 'dotfiles.json'), '{}')
  symlinkSync(join(cwd, 'dotfiles.json'), settings)
  await connect('claude-code', {}, context)
  expect(readFileSync(join(cwd, 'dotfiles.json'), 'utf8')).toContain('hook claude-code')
})

test('a program in the cache of npx is reported', async ({ context }) => {
  const program = ['/usr/bin/node', '/home/ada/.npm/_npx/0a/node_modules/@achilles/cli/lib/achilles.cjs']
  await connect('claude-code', {}, { ...context, program })
  expect(context.lines).toContainEqual(expect.stringContaining('cache of npx'))
})

describe('telemetry', () => {
  test('is switched on in the settings of Claude Code, beside the hooks, and off again', async ({ context }) => {
    mkdirSync(join(context.settings, '..'))
    writeFileSync(context.settings, '{"env":{"MINE":"1"}}')
    await connect('claude-code', { channel: 'both', workspace: 'a/b', user: 'ada' }, context)
    const { env, hooks } = JSON.parse(readFileSync(context.settings, 'utf8'))
    expect(env).toEqual({
      MINE: '1',
      CLAUDE_CODE_ENABLE_TELEMETRY: '1',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:8080',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-achilles-workspace=a%2Fb,x-achilles-user=ada,x-achilles-hooks=true',
    })
    expect(Object.keys(hooks).length).toBeGreaterThan(4)
    writeFileSync(context.settings, `${readFileSync(context.settings, 'utf8')}\n`)
    await disconnect('claude-code', {}, context)
    expect(JSON.parse(readFileSync(context.settings, 'utf8'))).toEqual({ env: { MINE: '1' } })
  })

  test('is switched on in the settings of Codex, whose comments stay', async ({ context }) => {
    const file = join(context.cwd, '.codex/config.toml')
    mkdirSync(join(file, '..'))
    const text =
      '# mine\nmodel = "gpt" # as is\n\n[otel]\nlog_user_prompt = false\n\n[projects."/a"]\ntrust_level = "trusted"\n'
    writeFileSync(file, text)
    await connect('codex', { channel: 'otlp', workspace: 'ws' }, context)
    const written = readFileSync(file, 'utf8')
    expect(written).toContain('# mine\nmodel = "gpt" # as is\n')
    expect(parse(written)).toMatchObject({
      otel: {
        log_user_prompt: false,
        exporter: {
          'otlp-http': {
            endpoint: 'http://127.0.0.1:8080/v1/logs',
            protocol: 'json',
            headers: { 'x-achilles-workspace': 'ws' },
          },
        },
      },
      projects: { '/a': { trust_level: 'trusted' } },
    })
    await connect('codex', { channel: 'otlp' }, context)
    expect(readFileSync(file, 'utf8')).toBe(written)
    writeFileSync(file, `${written}\n# later\n`)
    await disconnect('codex', {}, context)
    expect(parse(readFileSync(file, 'utf8'))).toEqual(parse(text))
    expect(readFileSync(file, 'utf8')).toContain('# later')
  })

  test('of an agent without such settings is printed, beside the hooks that are written', async ({ context }) => {
    await connect('gemini-cli', { channel: 'otlp', workspace: 'ws' }, context)
    expect(context.lines).toContain('  GEMINI_TELEMETRY_OTLP_ENDPOINT=http://127.0.0.1:8080')
    expect(context.lines).toContain('  OTEL_EXPORTER_OTLP_HEADERS=x-achilles-workspace=ws')
    expect(readStoredConnections(context.folders)).toEqual({})
    await connect('gemini-cli', { channel: 'both', workspace: 'ws' }, context)
    expect(context.lines).toContain('  OTEL_EXPORTER_OTLP_HEADERS=x-achilles-workspace=ws,x-achilles-hooks=true')
    expect(readFileSync(join(context.cwd, '.gemini/settings.json'), 'utf8')).toContain('hook gemini-cli')
  })

  test.each([
    ['cursor', { workspace: 'ws' }, '--channel: cursor has hooks only'],
    ['git', { workspace: 'ws' }, '--channel: git has hooks only'],
    ['codex', {}, '--workspace: is needed for telemetry'],
    ['codex', { workspace: 'ws', content: true }, '--content: is for hooks only'],
  ])('of %s with %j', async (source, options, message) => {
    const home = mkdtempSync(join(tmpdir(), 'achilles-connect-'))
    const env = { HOME: home, XDG_CONFIG_HOME: home }
    const context = { folders: getFolders(env), env, cwd: home, program: ['node', 'achilles'], print: () => {} }
    await expect(connect(source, { channel: 'otlp', ...options }, context)).rejects.toThrow(message)
    expect(readdirSync(home)).toEqual([])
    rmSync(home, { recursive: true })
  })
})

test('--print writes nothing', async ({ context }) => {
  await connect('claude-code', { print: true, workspace: 'ws' }, context)
  expect(JSON.parse(context.lines.join('\n'))).toMatchObject({ hooks: { PostToolUse: [expect.anything()] } })
  expect(existsSync(context.settings)).toBe(false)
  expect(readStoredConnections(context.folders)).toEqual({})
})

test('settings that are no JSON stay as they are', async ({ context }) => {
  mkdirSync(join(context.settings, '..'))
  writeFileSync(context.settings, '{"theme":')
  await expect(connect('claude-code', {}, context)).rejects.toThrow(
    'settings.json is not valid JSON: ValueExpected in line 1',
  )
  expect(readFileSync(context.settings, 'utf8')).toBe('{"theme":')
  expect(readStoredConnections(context.folders)).toEqual({})
})

test('a repository gets and loses its hooks; those of others stay', async ({ context }) => {
  for (const name of ['one', 'two']) execFileSync('git', ['init', '-q', join(context.cwd, name)])
  const inside = (name: string) => ({ ...context, cwd: join(context.cwd, name) })
  const hook = (name: string) => join(context.cwd, name, '.git/hooks/post-commit')
  mkdirSync(join(hook('one'), '..'), { recursive: true })
  writeFileSync(hook('one'), '#!/bin/sh\necho mine\n', { mode: 0o755 })
  for (const name of ['one', 'two']) await connect('git', {}, inside(name))
  expect(readFileSync(hook('one'), 'utf8')).toMatch(
    /^#!\/bin\/sh\n# achilles: begin\n.* hook git post-commit [\s\S]*echo mine\n$/,
  )
  expect(statSync(hook('two')).mode & 0o111).toBe(0o111)
  await disconnect('git', {}, inside('one'))
  expect(readFileSync(hook('one'), 'utf8')).toBe('#!/bin/sh\necho mine\n')
  expect(existsSync(hook('two'))).toBe(true)
  await disconnect('git', { all: true }, inside('one'))
  expect(existsSync(hook('two'))).toBe(false)
  expect(readStoredConnections(context.folders)).toEqual({})
})
