import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { expect, onTestFinished } from 'vitest'
import { freePort } from '../../../../server/tests/support/free-port.ts'
import { bearer, KEYS, writeKeysFile } from '../../../../server/tests/support/keys-file.ts'
import { findNginx } from '../../../../server/tests/support/nginx-proxy.ts'
import { startTlsProxy } from '../../../../server/tests/support/tls-proxy.ts'
import { startGateway } from '../support/gateway.ts'
import { interopTest, recordSession } from '../support/interop-test.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { type ToolClient, toToolClient } from '../support/tool-client.ts'

const TOOL = 'mcp-remote'
const PROXY = fileURLToPath(new URL(`../../node_modules/${TOOL}/dist/proxy.js`, import.meta.url))
const BROWSER = fileURLToPath(new URL('../support/browser.mjs', import.meta.url))

/** The official client, connected to mcp-remote over stdio. */
async function connect(url: string, args: string[], env: Record<string, string> = {}): Promise<ToolClient> {
  const home = await mkdtemp(join(tmpdir(), 'achilles-mcp-remote-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const client = new Client({ name: 'interop', version: '1' })
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [PROXY, url, '--transport', 'http-only', ...args],
    // The browser is a script for the Node that runs the tests.
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: home, ...env },
    stderr: 'ignore',
  })
  // After a failed sign-in mcp-remote ignores the end of its input, so the test waits until the SDK has killed it.
  const closed = new Promise<void>((resolve) => {
    transport.onclose = resolve
  })
  onTestFinished(async () => {
    await transport.close()
    await closed
  })
  await client.connect(transport)
  return toToolClient(client)
}

interopTest(TOOL, 'stdio to HTTP, with a key', async () => {
  const keys = await writeKeysFile(['ws-none'])
  onTestFinished(keys.remove)
  const gateway = await startGateway({ GATEWAY_API_KEYS_FILE: keys.path })
  onTestFinished(gateway.stop)
  const { authorization } = bearer(KEYS.everything)
  const client = await connect(gateway.mcpUrl, ['--header', `authorization: ${authorization}`])
  await recordSession(gateway, client, { authorization })
})

interopTest(TOOL, 'stdio to HTTP, --protocol auto', async (gateway) => {
  await recordSession(gateway, await connect(gateway.mcpUrl, ['--protocol', 'auto']))
})

const nginx = findNginx()
if (!nginx) process.stdout.write('mcp-remote: sign-in is skipped, there is no nginx (NGINX_PATH)\n')

interopTest(
  TOOL,
  'stdio to HTTPS, with sign-in',
  async () => {
    const oauth = await startOAuthServer(await freePort())
    onTestFinished(oauth.close)
    const keys = await writeKeysFile(['ws-none'])
    onTestFinished(keys.remove)
    const port = await freePort()
    const PUBLIC_URL = `https://localhost:${port}`
    const gateway = await startGateway({ ...oauth.settings, PUBLIC_URL, GATEWAY_API_KEYS_FILE: keys.path })
    onTestFinished(gateway.stop)
    const proxy = await startTlsProxy(gateway.url, { port })
    onTestFinished(proxy.stop)
    const client = await connect(`${PUBLIC_URL}/mcp`, [], { BROWSER, NODE_EXTRA_CA_CERTS: proxy.certificate })
    await recordSession(gateway, client, bearer(KEYS.everything))
    expect(oauth.issued).toEqual(['ada'])
  },
  { skip: !nginx },
)
