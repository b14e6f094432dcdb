import { findSource } from '@achilles/agent-sources'
import jsonc from 'jsonc-parser'
import { describe, expect, test } from 'vitest'
import { AGENTS, addHooks, removeHooks } from './agents.ts'
import { SettingsError } from './json-settings.ts'

const PROGRAM = ['/usr/bin/node', '/opt/a b/lib/achilles.cjs']
const file = '/home/ada/settings.json'

describe.each(Object.entries(AGENTS))('the settings of %s', (source, agent) => {
  const events = findSource(source)?.hooks ?? []
  const add = (text: string, program: readonly string[] = PROGRAM) =>
    addHooks(agent, { source, events, program, file, text })
  const remove = (text: string) => removeHooks({ source, file, text })

  test('get every hook', () => {
    expect(events.length).toBeGreaterThan(4)
    const { hooks } = JSON.parse(add('')) as { hooks: Record<string, unknown[]> }
    expect(Object.keys(hooks)).toEqual(events)
    for (const entries of Object.values(hooks)) {
      expect(entries).toHaveLength(1)
      expect(JSON.stringify(entries)).toContain(`/usr/bin/node '/opt/a b/lib/achilles.cjs' hook ${source}`)
    }
  })

  test('are the same after a second run, and have one entry after an update', () => {
    const once = add('')
    expect(add(once)).toBe(once)
    const updated = add(once, ['/usr/bin/node', '/opt/new/achilles.cjs'])
    expect(updated).not.toContain('/opt/a b')
    expect(updated.match(/achilles\.cjs' ?hook|achilles\.cjs hook/g)).toHaveLength(
      agent.title === 'GitHub Copilot' ? 2 * events.length : events.length,
    )
  })

  test('keep what else is there, comments included', () => {
    const [event = ''] = events
    const text = `{
  // mine
  "theme": "dark", /* as is */
  "hooks": {
    "${event}": [
      { "matcher": "*", "hooks": [{ "type": "command", "command": "mine.sh" }] }, // first
    ],
  },
  "last": [1, 2, 3],
}
`
    const added = add(text)
    for (const kept of ['// mine', '/* as is */', '// first', '"mine.sh"']) expect(added).toContain(kept)
    expect(jsonc.parse(added).hooks[event]).toHaveLength(2)
    expect(jsonc.parse(remove(added))).toEqual({ ...agent.required, ...jsonc.parse(text) })
  })

  test('are left without a trace of the hooks', () => {
    expect(JSON.parse(remove(add('{"theme":"dark"}')))).toEqual({ theme: 'dark', ...agent.required })
  })

  test('an entry that shares its group with another’s leaves that one', () => {
    const [event = ''] = events
    const entry = { type: 'command', command: `node /x/achilles.cjs hook ${source}` }
    const text = JSON.stringify({
      hooks: { [event]: [{ matcher: 'Bash', hooks: [entry, { type: 'command', command: 'mine' }] }] },
    })
    expect(JSON.parse(remove(text))).toEqual({
      hooks: { [event]: [{ matcher: 'Bash', hooks: [{ type: 'command', command: 'mine' }] }] },
    })
  })

  test.each([
    ['{"hooks": ', 'is not valid JSON'],
    ['[]', 'must hold a JSON object'],
    [`{"hooks": {"${findSource(source)?.hooks?.[0]}": {}}}`, 'must be a list'],
  ])('that are %s are left alone', (text, message) => {
    expect(() => add(text)).toThrow(SettingsError)
    expect(() => add(text)).toThrow(message)
  })
})
