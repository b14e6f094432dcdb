import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from '../../../server/tests/support/free-port.ts'

export interface PostgresServer {
  url: string
  /** The owner of its files, if it is not this process's user. */
  user: { uid: number; gid: number } | undefined
  signal(signal: NodeJS.Signals): void
  /** Kills it without a checkpoint and restarts it on the same port. */
  restart(): Promise<void>
  remove(): Promise<void>
}

const BIN = findBin()
// PostgreSQL does not run as root.
const USER = process.getuid?.() === 0 ? findUser('postgres') : undefined

/** Whether a server can be started here; if not, logs that tests are skipped. */
export const canStartPostgres = BIN !== undefined && (process.getuid?.() !== 0 || USER !== undefined)
if (!canStartPostgres) process.stdout.write('skipped: tests with a PostgreSQL server of their own (no initdb)\n')

/** Starts a server on a new, empty cluster. */
export async function startPostgresServer(settings: readonly string[] = []): Promise<PostgresServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postgres-'))
  if (USER) await chown(dataDir, USER.uid, USER.gid)
  const options = { ...USER, cwd: dataDir, stdio: 'ignore' } as const
  execFileSync(join(BIN ?? '', 'initdb'), ['-D', dataDir, '-U', 'postgres', '-A', 'trust', '--no-sync'], options)
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const start = async (): Promise<ChildProcess> => {
    const set = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', ...settings]
    const child = spawn(join(BIN ?? '', 'postgres'), ['-D', dataDir, ...set.flatMap((one) => ['-c', one])], options)
    for (;;) {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}`)
      if (await accepts(url)) return child
    }
  }
  let server = await start()
  const end = async (child: ChildProcess) => {
    const exited = once(child, 'exit')
    // Its processes end without a checkpoint.
    child.kill('SIGQUIT')
    await exited
  }
  return {
    url,
    user: USER,
    signal(signal) {
      for (const pid of [Number(server.pid), ...childrenOf(Number(server.pid))]) process.kill(pid, signal)
    },
    async restart() {
      await end(server)
      server = await start()
    },
    async remove() {
      await end(server)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 })
  client.on('error', () => {})
  return client.connect().then(
    () => client.end().then(() => true),
    () => new Promise<boolean>((resolve) => setTimeout(resolve, 50, false)),
  )
}

function childrenOf(pid: number): number[] {
  const listed = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
  return listed.split('\n').filter(Boolean).map(Number)
}

function findBin(): string | undefined {
  const root = '/usr/lib/postgresql'
  const debian = existsSync(root) ? readdirSync(root).map((version) => join(root, version, 'bin')) : []
  const found = [...debian.reverse(), ...(process.env.PATH ?? '').split(':')]
  return found.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

function findUser(name: string): { uid: number; gid: number } | undefined {
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}
