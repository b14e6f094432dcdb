import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PASSED_ON = /^(https?_proxy|no_proxy|node_extra_ca_certs)$/i

/**
 * What bubblewrap is told so that npm inside reaches the registry as npm does here: this npm, its configuration, its cache
 * and the way out. Under /run and /etc, of which nothing stays.
 */
export async function npmAccess(environment: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const { stdout } = await run('npm', ['config', 'list', '--json'])
  const { registry, cafile, userconfig, globalconfig, cache } = JSON.parse(stdout) as Record<string, string | null>
  const files = { userconfig, globalconfig, cafile, cache }
  const found = Object.entries(files).filter((file): file is [string, string] => !!file[1] && existsSync(file[1]))
  const passedOn = Object.entries(environment).filter(([name]) => PASSED_ON.test(name))
  return [
    ...['--tmpfs', '/run', '--ro-bind', await npmFolder(), '/opt/npm'],
    ...['--ro-bind', '/etc/ssl', '/etc/ssl', '--ro-bind', '/etc/resolv.conf', '/etc/resolv.conf'],
    ...found.flatMap(([name, path]) => [name === 'cache' ? '--bind' : '--ro-bind', path, `/run/npm/${name}`]),
    ...found.flatMap(([name]) => ['--setenv', `npm_config_${name}`, `/run/npm/${name}`]),
    ...(registry ? ['--setenv', 'npm_config_registry', registry] : []),
    ...passedOn.flatMap(([name, value = '']) => ['--setenv', name, value]),
  ]
}

async function npmFolder(): Promise<string> {
  const { stdout } = await run('sh', ['-c', 'command -v npm'])
  return join(dirname(await realpath(stdout.trim())), '..')
}
