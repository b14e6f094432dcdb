import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { SpoolEntry } from '../spool.ts'
import { fileSpool } from './file-spool.ts'
import { spoolProcess } from './testing/spool-process.ts'
import { recoverAll } from './testing/spooled-events.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

function openSpool(dir: string) {
  const spool = fileSpool(dir)
  onTestFinished(() => spool.close())
  return spool
}

const event = (session: string, id = 'e1'): SpoolEntry => ({
  session,
  id,
  kind: 'event',
  json: JSON.stringify({ event_id: id, session_id: session, text: `of ${session}` }),
})

/** Leaves `lines` in a file, as a dead owner of an earlier version does. */
async function leaveLines(dir: string, lines: object[]) {
  const owner = '0'.repeat(24)
  const content = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  await writeFile(join(dir, `${owner}.${owner}-00000001.jsonl`), content)
}

test('of two sessions’ events with one id, only the one removed is forgotten, be it own or taken over', async () => {
  const dir = await temporaryDir()
  const killed = await spoolProcess(dir)
  await killed.append([event('first'), event('second')])
  await killed.kill()

  const heir = openSpool(dir)
  expect(await recoverAll(heir)).toEqual([event('first'), event('second')])
  await heir.append([event('third'), event('fourth')])
  await heir.remove([event('first'), event('third')])
  await heir.close()

  const last = openSpool(dir)
  // In files that keep another event what is removed comes back, which is safe.
  const left = await recoverAll(last)
  expect(left).toEqual(expect.arrayContaining([event('second'), event('fourth')]))
  await last.remove(left)
  await last.close()
  expect(await recoverAll(openSpool(dir))).toEqual([])
})

test('lines of version 0.1.0 are read as events, with their texts unchanged', async () => {
  const dir = await temporaryDir()
  const texts = ['{"a":"é😀"}', '{"n":\n1.0}', '\r\n\u2028\0', '\ud800', '', '{"big":12345678901234567890}', '"\\"']
  const lines = texts.map((json, index) => ({ session_id: '\n😀', event_id: `${index}\n😀`, json }))
  await leaveLines(dir, lines)

  const spool = openSpool(dir)
  const left = await spool.recover()
  expect(left).toEqual(
    lines.map(({ session_id, event_id, json }) => ({
      session: session_id,
      id: event_id,
      kind: 'event',
      json,
    })),
  )
  await spool.append([event('later')])
  await spool.remove(left)
  await spool.close()
  expect(await recoverAll(openSpool(dir))).toEqual([event('later')])
})

test('the session of such a line is the one it names, else the one that stands in the event', async () => {
  const dir = await temporaryDir()
  const { id: event_id, json } = event('first')
  await leaveLines(dir, [
    { session_id: 'other', event_id, json },
    { event_id, json },
    { event_id, json: event('second').json },
    { event_id: 'e2', json: '{"event_id":"e2"}' },
    { event_id: 'e3', json: '{' },
    { event_id: 'e4', json: 'null' },
  ])

  const spool = openSpool(dir)
  expect(await spool.recover()).toEqual([
    { ...event('first'), session: 'other' },
    event('first'),
    event('second'),
    { session: '', id: 'e2', kind: 'event', json: '{"event_id":"e2"}' },
    { session: '', id: 'e3', kind: 'event', json: '{' },
    { session: '', id: 'e4', kind: 'event', json: 'null' },
  ])
  await spool.remove([event('first')])
  await spool.close()
  const heir = openSpool(dir)
  const left = await recoverAll(heir)
  expect(left).toContainEqual(event('second'))
  await heir.remove(left)
  await heir.close()
  expect(await recoverAll(openSpool(dir))).toEqual([])
})
