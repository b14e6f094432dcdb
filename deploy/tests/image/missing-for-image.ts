import { execFileSync } from 'node:child_process'

/** What this machine lacks for building and running the image; undefined if nothing is missing. */
export function missingForImage(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root'
  const trial = ['--ro-bind', '/', '/', '--unshare-pid', '--unshare-net', '--proc', '/proc', '--dev', '/dev', '--']
  for (const command of [
    ['bwrap', ...trial, 'setpriv', '--reuid', '1', '--', 'true'],
    ['nsenter', '--version'],
    ['buildah', '--version'],
    ['debootstrap', '--version'],
  ]) {
    try {
      execFileSync(command[0] ?? '', command.slice(1), { stdio: 'pipe' })
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return code === 'ENOENT' ? `there is no ${command[0]}` : message
    }
  }
  return undefined
}
