import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/**
 * A folder in `node_modules/.cache` that is filled once, for what takes long to install.
 * @param name changes with what it contains
 */
export async function cachedFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const path = fileURLToPath(new URL(`../../../node_modules/.cache/${name}`, import.meta.url))
  if (existsSync(path)) return path
  // Several test files may fill it at once; the first one to finish wins.
  const folder = `${path}.${process.pid}`
  await mkdir(folder, { recursive: true })
  await fill(folder).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true })
    throw error
  })
  await rename(folder, path).catch(() => rm(folder, { recursive: true }))
  return path
}
