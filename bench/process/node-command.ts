import { fileURLToPath } from 'node:url'
import type { Command } from './command.ts'

/** Runs a TypeScript file as the project runs its own: through tsx, with `NODE_ENV=production`. */
export function nodeCommand(script: URL, env: Record<string, string>, nodeArgs: readonly string[] = []): Command {
  return {
    file: process.execPath,
    args: [...nodeArgs, '--import', import.meta.resolve('tsx'), fileURLToPath(script)],
    env: { NODE_ENV: 'production', ...env },
    // A directory without a .env file.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  }
}
