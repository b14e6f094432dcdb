import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An API key for every workspace, and one for some workspaces. */
export const KEYS = { everything: 'ach_everything', limited: 'ach_limited' } as const

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

/**
 * Writes a file with both keys, the limited one for these workspaces.
 * @param prefix the prefix of the holders' names, which gives them separate rate limits
 */
export async function writeKeysFile(
  workspaces: string[],
  prefix = '',
): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'achilles-keys-'))
  const path = join(folder, 'keys.json')
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
  const entries = [
    { name: `${prefix}everything`, sha256: sha256(KEYS.everything) },
    { name: `${prefix}limited`, sha256: sha256(KEYS.limited), workspaces },
  ]
  await writeFile(path, JSON.stringify(entries), { mode: 0o600 })
  return { path, remove: () => rm(folder, { recursive: true, force: true }) }
}
