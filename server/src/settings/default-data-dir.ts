import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import type { Environment } from './read-env-file.ts'

/**
 * The default data directory of a gateway over stdio: a folder per working directory, in the user's data directory.
 * Agents run in cloned repositories, which must neither contain such data nor commit it.
 */
export function stdioDataDir(
  environment: Readonly<Environment>,
  { workingDir = process.cwd(), home = homedir(), platform = process.platform } = {},
): string {
  const hash = createHash('sha256').update(workingDir).digest('hex').slice(0, 12)
  const name = basename(workingDir).replace(/[^\w.-]/g, '_')
  return join(userData(environment, home, platform), 'achilles', `${name}-${hash}`)
}

function userData({ XDG_DATA_HOME, LOCALAPPDATA }: Readonly<Environment>, home: string, platform: NodeJS.Platform) {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support')
  if (platform === 'win32') return LOCALAPPDATA || join(home, 'AppData', 'Local')
  return XDG_DATA_HOME || join(home, '.local', 'share')
}
