import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { SpooledEvent } from '../spool.ts'
import { fileSpool } from './file-spool.ts'
import { spoolProcess } from './testing/spool-process.ts'
import { recoverAll } from './testing/spooled-events.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

function openSpool(dir: string) {
  const spool = fileSpool(dir)
  onTestFinished(() => spool.close())
  return spool
}

const event = (session_id: string, event_id = 'e1'): SpooledEvent => ({
  session_id,
  event_id,
  json: JSON.stringify({ event_id, session_id, text: `of ${session_id}` }),
})

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

test('lines without a session are read: it stands in the event', async () => {
  const dir = await temporaryDir()
  const owner = '0'.repeat(24)
  const others = [
    { event_id: 'e2', json: '{"event_id":"e2"}' },
    { event_id: 'e3', json: '{' },
  ]
  const lines = [event('first'), event('second'), ...others].map(({ event_id, json }) =>
    JSON.stringify({ event_id, json }),
  )
  await writeFile(join(dir, `${owner}.${owner}-00000001.jsonl`), `${lines.join('\n')}\n`)

  const spool = openSpool(dir)
  expect(await spool.recover()).toEqual([
    event('first'),
    event('second'),
    ...others.map((one) => ({ ...one, session_id: '' })),
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
