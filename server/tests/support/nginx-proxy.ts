import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { endOf } from './service-process.ts'

const CONFIG = new URL('../../../deploy/nginx/nginx.conf', import.meta.url)
const USUAL = ['/usr/sbin/nginx', '/usr/bin/nginx', '/opt/homebrew/bin/nginx']

/** The path of nginx: `NGINX_PATH`, else its path on Debian. */
export const findNginx = (): string | undefined => process.env.NGINX_PATH || USUAL.find((path) => existsSync(path))

/** An nginx with the configuration of `deploy/nginx`, in front of a test's gateways. */
export interface NginxProxy {
  url: string
  requests(): Promise<Record<string, unknown>[]>
  errors(): Promise<string>
  stop(): Promise<void>
}

/**
 * Starts nginx on a free port of 127.0.0.1 with a temporary folder for its files, and resolves once it listens.
 * @param gateways the URLs of three gateways, which replace `gateway-1` to `gateway-3`
 */
export async function startNginxProxy(gateways: [string, string, string]): Promise<NginxProxy> {
  const nginx = findNginx()
  if (!nginx) throw new Error('there is no nginx here: NGINX_PATH may name one')
  const folder = await mkdtemp(join(tmpdir(), 'achilles-nginx-'))
  const port = await freePort()
  const path = join(folder, 'nginx.conf')
  await writeFile(path, await deriveConfig(gateways, folder, port))
  // Started as root, its workers would run as nobody, who cannot write to that folder.
  const directives = process.getuid?.() === 0 ? 'daemon off; user root;' : 'daemon off;'
  const args = ['-e', join(folder, 'error.log'), '-p', folder, '-c', path, '-g', directives]
  const child = spawn(nginx, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const kill = () => child.kill('SIGTERM')
  process.once('exit', kill)
  await untilItListens(child, port).catch(async (error) => {
    await rm(folder, { recursive: true, force: true })
    throw error
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async requests() {
      const log = await readFile(join(folder, 'access.log'), 'utf8')
      return log.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
    },
    errors: () => readFile(join(folder, 'error.log'), 'utf8'),
    async stop() {
      process.off('exit', kill)
      kill()
      await endOf(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function deriveConfig(gateways: string[], folder: string, port: number): Promise<string> {
  const config = await readFile(CONFIG, 'utf8')
  return config
    .replaceAll(' /tmp/', ` ${folder}/`)
    .replace(/gateway-([123]):8080/g, (_, number) => new URL(gateways[number - 1] ?? '').host)
    .replace('listen 8080;', `listen 127.0.0.1:${port};`)
    .replace('worker_processes auto;', 'worker_processes 2;')
    .replaceAll('/dev/stdout', join(folder, 'access.log'))
    .replaceAll('/dev/stderr', join(folder, 'error.log'))
}

async function untilItListens(child: ChildProcess, port: number): Promise<void> {
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with exit code ${child.exitCode}`)
    await delay(20)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).once('error', () => resolve(false))
  })
}
