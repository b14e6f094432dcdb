import { mkdir, readdir, readFile, rename, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fileSpool } from './file-spool.ts'
import { recoverAll } from './testing/spooled-events.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

const EVENTS = ['é', '€', '😀'].map((text) => ({
  session: 's',
  id: text,
  kind: 'event' as const,
  json: JSON.stringify({ text, tab: '\t' }),
}))

/** A directory with the one segment that a run of three events leaves, of which `change` made something else. */
async function leftBehind(change: (content: Buffer) => Buffer) {
  const dir = await temporaryDir()
  const spool = fileSpool(dir)
  await spool.append(EVENTS)
  await spool.close()
  const [file = ''] = await readdir(dir)
  const path = join(dir, file)
  const content = change(await readFile(path))
  await writeFile(path, content)
  return { dir, content, id: file.slice(25, -'.entries.jsonl'.length) }
}

function openSpool(dir: string) {
  const damaged: string[] = []
  const spool = fileSpool(dir, { onDamage: (file) => damaged.push(file) })
  onTestFinished(() => spool.close())
  return { spool, damaged }
}

test('a last line cut at any byte leaves all before it', async () => {
  const { content } = await leftBehind((whole) => whole)
  const lastLine = content.lastIndexOf('\n', -2) + 1
  expect(content.length - lastLine).toBeGreaterThan(40)
  for (let length = lastLine; length <= content.length; length++) {
    const { dir } = await leftBehind((whole) => whole.subarray(0, length))
    const { spool, damaged } = openSpool(dir)
    // Without its newline the last event is whole still.
    expect(await recoverAll(spool), `${length} bytes`).toEqual(
      length >= content.length - 1 ? EVENTS : EVENTS.slice(0, 2),
    )
    expect(damaged).toEqual([])
    await spool.remove(EVENTS)
    await spool.close()
    expect(await readdir(dir)).toEqual([])
  }
})

test('a segment that cannot be read at all stays where it is, and hides no other', async () => {
  const dir = await temporaryDir()
  const left = fileSpool(dir, { segmentBytes: 1 })
  for (const event of EVENTS) await left.append([event])
  await left.close()
  const second = join(dir, (await readdir(dir)).sort()[1] ?? '')
  const later = fileSpool(dir)
  await later.append(EVENTS)
  await later.close()
  await rename(second, join(dir, 'put-by'))
  await mkdir(second)

  const { spool } = openSpool(dir)
  expect(await spool.recover()).toEqual([EVENTS[0], EVENTS[2]])
  expect(await spool.recover()).toEqual(EVENTS)
  await expect(spool.recover()).rejects.toThrow(`cannot recover events from ${dir}: EISDIR`)
  await rmdir(second)
  await rename(join(dir, 'put-by'), second)
  expect(await spool.recover()).toEqual([EVENTS[1]])
})

test('a run of which only a torn line is left does not hide the runs after it', async () => {
  const { dir } = await leftBehind((whole) => whole.subarray(0, 10))
  const later = fileSpool(dir)
  await later.append(EVENTS)
  await later.close()
  const { spool } = openSpool(dir)
  expect(await spool.recover()).toEqual(EVENTS)
  await spool.close()
  expect(await readdir(dir)).toHaveLength(1)
})

test.each([
  ['no JSON', Buffer.from('{"session":"s","id":"€","kind":"event","entry":')],
  ['no JSON in it', Buffer.from('{"session":"s","id":"€","kind":"event","entry":{"text":"€}}')],
  ['no id', Buffer.from('{"session":"s","id":7,"kind":"event","entry":{}}')],
  ['no session', Buffer.from('{"id":"€","kind":"event","entry":{}}')],
  ['no kind', Buffer.from('{"session":"s","id":"€","entry":{}}')],
  ['no entry', Buffer.from('{"session":"s","id":"€","kind":"event"}')],
  ['no JSON of version 0.1.0', Buffer.from('{"event_id":"€","json":')],
  ['no event of version 0.1.0', Buffer.from('{"event_id":7,"json":"{}"}')],
  ['null', Buffer.from('null')],
  ['no UTF-8', Buffer.from('{"session":"s","id":"ÿ","kind":"event","entry":{}}', 'latin1')],
  ['no UTF-8 of version 0.1.0', Buffer.from('{"event_id":"ÿ","json":"{}"}', 'latin1')],
  ['zeros', Buffer.alloc(20)],
  ['empty', Buffer.alloc(0)],
])('a line that cannot be read (%s) is left out, the whole kept aside and told', async (_, damage) => {
  const { dir, content, id } = await leftBehind((whole) => {
    const [first, last] = [whole.indexOf('\n') + 1, whole.lastIndexOf('\n', -2)]
    return Buffer.concat([whole.subarray(0, first), damage, whole.subarray(last)])
  })
  const aside = join(dir, `${id}.damaged`)
  const { spool, damaged } = openSpool(dir)
  expect(await recoverAll(spool)).toEqual([EVENTS[0], EVENTS[2]])
  expect(damaged).toEqual([aside])
  await spool.close()

  // What could be read is kept like any other event.
  const heir = openSpool(dir)
  expect(await recoverAll(heir.spool)).toEqual([EVENTS[0], EVENTS[2]])
  await heir.spool.remove(EVENTS)
  await heir.spool.close()
  expect(await readdir(dir)).toEqual([`${id}.damaged`])
  expect(await readFile(aside)).toEqual(content)
})
