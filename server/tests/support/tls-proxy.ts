import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findNginx } from './nginx-proxy.ts'
import { endOf } from './service-process.ts'

/** An nginx that terminates TLS in front of one gateway. */
export interface TlsProxy {
  /** The URL for callers: `https://`, with the prefix. */
  url: string
  /** A `fetch` that trusts its certificate. */
  fetch: typeof fetch
  /** The path of its certificate, for `NODE_EXTRA_CA_CERTS`. */
  certificate: string
  stop(): Promise<void>
}

interface TlsProxyOptions {
  port: number
  /** A path prefix that it removes, e.g. `/achilles`. @default none */
  prefix?: string
}

/** Starts nginx with a self-signed certificate for `localhost`, and resolves once it responds. */
export async function startTlsProxy(gateway: string, { port, prefix = '' }: TlsProxyOptions): Promise<TlsProxy> {
  const nginx = findNginx()
  if (!nginx) throw new Error('there is no nginx here: NGINX_PATH may name one')
  const folder = await mkdtemp(join(tmpdir(), 'achilles-tls-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', certificate, ...names], { stdio: 'ignore' })
  // The RFC puts the path of the metadata before the prefix, so it is forwarded unchanged.
  const wellKnown = `location /.well-known/ { proxy_pass ${gateway}; }`
  await writeFile(
    join(folder, 'nginx.conf'),
    `events {}
     http {
       access_log off;
       ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
       server {
         listen 127.0.0.1:${port} ssl;
         ssl_certificate ${certificate};
         ssl_certificate_key ${key};
         proxy_set_header Host $http_host;
         ${prefix === '' ? '' : wellKnown}
         location ${prefix}/ { proxy_pass ${gateway}/; }
       }
     }`,
  )
  const directives = `daemon off; pid ${folder}/pid; ${process.getuid?.() === 0 ? 'user root;' : ''}`
  const args = ['-e', join(folder, 'error.log'), '-p', folder, '-c', join(folder, 'nginx.conf'), '-g', directives]
  const child = spawn(nginx, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const kill = () => child.kill('SIGTERM')
  process.once('exit', kill)
  const ca = await readFile(certificate, 'utf8')
  const url = `https://localhost:${port}${prefix}`
  while (!(await trustingFetch(ca)(`${url}/livez`).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with exit code ${child.exitCode}`)
    await delay(20)
  }
  return {
    url,
    fetch: trustingFetch(ca),
    certificate,
    async stop() {
      process.off('exit', kill)
      kill()
      await endOf(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Node's fetch cannot be given a certificate authority. */
function trustingFetch(ca: string): typeof fetch {
  return async (input, init) => {
    const asked = new Request(input, init)
    if (!asked.url.startsWith('https:')) return fetch(asked)
    const body = Buffer.from(await asked.arrayBuffer())
    return new Promise((resolve, reject) => {
      const options = { method: asked.method, headers: Object.fromEntries(asked.headers), ca, agent: false as const }
      request(asked.url, options, async (response) => {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk)
        const { statusCode: status = 0, headers } = response
        const text = [204, 202, 304].includes(status) ? null : Buffer.concat(chunks)
        resolve(new Response(text, { status, headers: headers as Record<string, string> }))
      })
        .once('error', reject)
        .end(body)
    })
  }
}
