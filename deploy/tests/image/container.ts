import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chown, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Image } from './image.ts'

/** What a command answered: its exit code and its standard output. */
interface Executed {
  exitCode: number
  output: string
}

/** An image that runs: read-only but for its volumes and /tmp, without privileges, on a network of its own. */
export interface Container {
  /** The first process within, as this machine counts. */
  pid: number
  /** All that it wrote so far. */
  log: string[]
  /** Runs a command inside, as the same user and with the same environment. */
  exec(command: readonly string[]): Promise<Executed>
  /** Asks whoever listens within; status 0 where nobody does. @default port 8080 */
  request(path: string, init?: RequestInit, port?: number): Promise<{ status: number; text: string }>
  /** Sends the signal to the first process, and resolves with the exit code. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number>
}

/** How to run: further settings, another command than the image's, and where its volumes are kept. */
export interface ContainerOptions {
  settings: Record<string, string>
  command?: readonly string[]
  volumes: string
}

/** Starts a container of the image, and resolves when its first process runs. Wants root, bubblewrap and util-linux. */
export async function startContainer(image: Image, options: ContainerOptions): Promise<Container> {
  const environment = { ...image.environment, ...options.settings }
  const command = options.command ?? image.command
  const child = spawn(
    'bwrap',
    [
      ...['--ro-bind', image.root, '/', '--proc', '/proc', '--dev', '/dev'],
      ...['--die-with-parent', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--clearenv'],
      ...['--as-pid-1', '--unshare-net', '--unshare-cgroup-try', '--perms', '1777', '--tmpfs', '/tmp'],
      ...(await volumeMounts(image, options.volumes)),
      ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
      ...['--chdir', image.workdir, '--json-status-fd', '3'],
      ...withoutPrivileges(image.user),
      ...command,
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
  )
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  const log: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => log.push(line))
  }
  const pid = await firstProcess(child, command)

  const exec = (command: readonly string[]) => execIn(pid, image, environment, command)
  return {
    pid,
    log,
    exec,
    async request(path, init = {}, port = 8080) {
      const { output } = await exec(['node', '-e', ASK, JSON.stringify([`http://127.0.0.1:${port}${path}`, init])])
      return JSON.parse(output) as { status: number; text: string }
    },
    async stop(signal) {
      process.kill(pid, signal)
      return exited
    },
  }
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

const ASK = `fetch(...JSON.parse(process.argv[1])).then(
  async (answer) => console.log(JSON.stringify({ status: answer.status, text: await answer.text() })),
  (error) => console.log(JSON.stringify({ status: 0, text: String(error.cause ?? error) })))`

/** A volume that is new takes content and owner from the image, as Docker has it; the image's own are empty. */
async function volumeMounts({ root, volumes }: Image, folder: string): Promise<string[]> {
  const mounts = volumes.map(async (path) => {
    const { uid, gid, mode } = await stat(join(root, path))
    const volume = join(folder, path)
    if ((await mkdir(volume, { recursive: true, mode })) !== undefined) await chown(volume, uid, gid)
    return ['--bind', volume, path]
  })
  return (await Promise.all(mounts)).flat()
}

function withoutPrivileges(user: string): string[] {
  const [uid = '', gid = ''] = user.split(':')
  const identity = ['--reuid', uid, '--regid', gid, '--clear-groups']
  return ['setpriv', ...identity, '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--']
}

function execIn(
  pid: number,
  { user, workdir }: Image,
  environment: Record<string, string>,
  command: readonly string[],
): Promise<Executed> {
  const settings = Object.entries(environment)
  return new Promise((resolve) => {
    execFile(
      'nsenter',
      [
        ...['--target', String(pid), '--mount', '--net', '--pid', '--ipc', '--uts', '--'],
        ...withoutPrivileges(user),
        ...['env', '-i', '-C', workdir, ...settings.map(([name, value]) => `${name}=${value}`)],
        ...command,
      ],
      { maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout) => resolve({ exitCode: error ? Number(error.code ?? -1) : 0, output: stdout }),
    )
  })
}

/** Its number is told while its mounts are still being made: until it is the command there is nothing to enter. */
async function firstProcess(child: ChildProcess, command: readonly string[]): Promise<number> {
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const { 'child-pid': pid } = JSON.parse(line) as { 'child-pid'?: number }
    while (pid !== undefined && child.exitCode === null) {
      if ((await readFile(`/proc/${pid}/cmdline`, 'utf8')) === command.map((word) => `${word}\0`).join('')) return pid
      await delay(5)
    }
  }
  throw new Error('bubblewrap ended before the command ran')
}
