import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

export type Environment = Record<string, string | undefined>

export interface EnvFileOptions {
  /** The value of `--env-file`; the file must exist. */
  named?: string | undefined
  /** Read if no file is named; may be missing. */
  fallback?: string | undefined
}

export class EnvFileError extends Error {
  override readonly name = 'EnvFileError'
}

/**
 * Adds the settings of a file to `environment`. Variables that are set already win, as with Node's `--env-file`.
 * @throws EnvFileError if a named file is missing, or a file is not readable UTF-8.
 */
export function readEnvFile(environment: Environment, { named, fallback }: EnvFileOptions): void {
  const path = named ?? fallback
  if (path === undefined) return
  const text = readText(path, named === undefined)
  for (const [name, value] of Object.entries(parseEnv(text))) environment[name] ??= value
}

function readText(path: string, mayBeMissing: boolean): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && mayBeMissing) return ''
    throw new EnvFileError(`${path || '--env-file'}: cannot be read (${code})`)
  }
  try {
    // The decoder removes a byte order mark.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch {}
  throw new EnvFileError(`${path}: is not UTF-8 text; an editor may have saved it as UTF-16`)
}
