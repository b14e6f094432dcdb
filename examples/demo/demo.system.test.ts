import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { seedDataDir } from '../../embedded-core/src/testing/seed-data-dir.ts'
import { startGatewayProcess } from '../../server/tests/support/gateway-process.ts'
import { git, repositoryOf, temporaryFolder } from './testing/temporary-repository.ts'

async function demo(path: string, environment: Record<string, string> = {}) {
  const script = join(import.meta.dirname, 'demo.ts')
  const env = { ...process.env, GATEWAY_URL: '', GATEWAY_API_KEY: '', ...environment }
  const child = spawn(process.execPath, ['--import', 'tsx', script, path], { env })
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { status, stdout, stderr }
}

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  onTestFinished(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

const refusal = (stderr: string) => ({ status: 1, stdout: '', stderr })

const commits = Array.from({ length: 120 }, (_, index) => ({
  subject: index % 3 === 0 ? `Revert "Commit ${index}"` : `Commit ${index}`,
  author: `Dev <dev${index % 12}@example.com> ${1_700_000_000 + index} +0000`,
  files: { [`src/${index % 7}.ts`]: `${index}\n` },
}))

test('a history is told to a gateway once, however often it is replayed', async () => {
  const dataDir = temporaryFolder()
  await seedDataDir(dataDir)
  const gateway = await startGatewayProcess({ ACHILLES_DATA_DIR: dataDir })
  const folder = repositoryOf(commits)
  try {
    const first = await demo(folder, { GATEWAY_URL: gateway.url })
    expect(first).toMatchObject({ status: 0, stderr: '' })
    expect(first.stdout).toMatch(/^sessions: 12\naccepted: 240\nduplicate: 0\nfailed: 0\ninsights: [1-9]\d*\n/)
    const second = await demo(folder, { GATEWAY_URL: gateway.url })
    expect(second).toEqual({
      ...first,
      stdout: first.stdout.replace('accepted: 240\nduplicate: 0\n', 'accepted: 0\nduplicate: 240\n'),
    })
  } finally {
    gateway.process.kill()
    await gateway.ended
  }
})

test('a repository without commits is reported as such', async () => {
  const folder = temporaryFolder()
  git(folder, ['init', '--quiet'])
  expect(await demo(folder)).toEqual({
    status: 0,
    stdout: 'sessions: 0\naccepted: 0\nduplicate: 0\nfailed: 0\ninsights: 0\n',
    stderr: `${folder} has no commits yet\n`,
  })
})

test('what is no repository is refused in one line', async () => {
  const { status, stdout, stderr } = await demo(temporaryFolder())
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^\S+ is not a git repository that can be read \(.+\)\n$/)
})

test('a gateway that cannot be one is refused in one line', async () => {
  expect(await demo(repositoryOf([{}]), { GATEWAY_URL: 'localhost:8080' })).toEqual(
    refusal('GATEWAY_URL: localhost:8080 is not an http or https URL\n'),
  )
})

test('a gateway that cannot be reached is told in one line', async () => {
  const { url, close } = await serve(() => {})
  await close()
  expect(await demo(repositoryOf([{}]), { GATEWAY_URL: url })).toEqual(
    refusal(`No gateway answers at ${url} (ECONNREFUSED): start one with npm start, or set GATEWAY_URL\n`),
  )
})

test('what answers and is no gateway is told in one line', async () => {
  const { url } = await serve((_request, response) => response.end('<html>'))
  expect(await demo(repositoryOf([{}]), { GATEWAY_URL: url })).toEqual(
    refusal(
      `${url} responded 200 (no content type), not as a gateway does: is this its address, or is a proxy in between?\n`,
    ),
  )
})

test('what a gateway refuses is told in one line', async () => {
  const { url } = await serve((request, response) => {
    const problem = {
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      code: 'UNAUTHORIZED',
      retryable: false,
      request_id: 'r-1',
      detail: 'Which key?',
    }
    const error = { json: { message: 'Which\nkey?', code: -32001, data: problem } }
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify(request.url?.includes('batch=1') ? [{ error }] : { error }))
  })
  expect(await demo(repositoryOf([{}]), { GATEWAY_URL: url })).toEqual(refusal(`${url}: Which key?\n`))
})
