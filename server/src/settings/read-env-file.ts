import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/** An environment, such as `process.env`. */
export type Environment = Record<string, string | undefined>

/** Which file holds settings beside the environment's own. */
export interface EnvFileOptions {
  /** The value of `--env-file`; the file must exist. */
  named?: string | undefined
  /** Read where no file is named; may be missing. */
  fallback?: string | undefined
}

/** A file of settings that cannot be read. */
export class EnvFileError extends Error {
  override readonly name = 'EnvFileError'
}

/**
 * Adds the settings of a file to `environment`; what is set there already wins, as with Node's `--env-file`.
 * @throws EnvFileError where a named file is missing, or a file is not readable UTF-8.
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
    // A byte order mark is left out by the decoder.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch {}
  throw new EnvFileError(`${path}: is not UTF-8 text; an editor may have saved it as UTF-16`)
}
