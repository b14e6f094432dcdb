import { execFile } from 'node:child_process'
import { chmod, cp, lstat, mkdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What stands at the top of every root for the base image's sake; all else is what the Dockerfile put there. */
export const BASE_ENTRIES = ['usr', 'bin', 'sbin', 'lib', 'lib64', 'proc', 'dev', 'tmp', 'run', 'etc', 'root', 'opt']

const LINKS = ['bin', 'sbin', 'lib', 'lib64']
const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n'

/** Fills an empty folder with what the base image has at its top; programs and libraries are mounted when it is used. */
export async function layBaseImage(root: string): Promise<void> {
  await chmod(root, 0o755)
  for (const name of ['usr', 'proc', 'dev', 'tmp', 'run', 'etc/ssl', 'root', 'opt/node/bin', 'opt/npm']) {
    await mkdir(join(root, name), { recursive: true })
  }
  await chmod(join(root, 'tmp'), 0o1777)
  await chmod(join(root, 'root'), 0o700)
  for (const name of LINKS) {
    const isLink = await lstat(`/${name}`).then(
      (entry) => entry.isSymbolicLink(),
      () => false,
    )
    if (isLink) await symlink(await readlink(`/${name}`), join(root, name))
  }
  await writeFile(join(root, 'etc/passwd'), PASSWD)
  await writeFile(join(root, 'etc/resolv.conf'), '')
  await cp('/etc/hosts', join(root, 'etc/hosts'))
  await writeFile(join(root, 'opt/node/bin/node'), '', { mode: 0o755 })
  await symlink('/opt/npm/bin/npm-cli.js', join(root, 'opt/node/bin/npm'))
}

/** The program `node` of this version, out of the npm package of that name. */
export async function nodeProgram(version: string): Promise<string> {
  const { stdout } = await promisify(execFile)('npx', ['-y', `node@${version}`, '-p', 'process.execPath'])
  return stdout.trim()
}

/** What bubblewrap is told, for any use of a root: the machine's programs as the base image's, and its own Node. */
export const baseMounts = (node: string): string[] => [
  ...['--ro-bind', '/usr', '/usr', '--proc', '/proc', '--dev', '/dev'],
  ...['--ro-bind', node, '/opt/node/bin/node'],
  ...['--die-with-parent', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--clearenv'],
  ...['--setenv', 'PATH', '/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
]
