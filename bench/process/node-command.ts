import { fileURLToPath } from 'node:url'
import type { Command } from './command.ts'

/** Runs a TypeScript file, by its URL, as the project runs its own: through tsx, in production. */
export function nodeCommand(script: URL, env: Record<string, string>, nodeArgs: readonly string[] = []): Command {
  return {
    file: process.execPath,
    args: [...nodeArgs, '--import', import.meta.resolve('tsx'), fileURLToPath(script)],
    env: { NODE_ENV: 'production', ...env },
    // Where no .env lies.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  }
}
