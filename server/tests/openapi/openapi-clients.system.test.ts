import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'

const run = promisify(execFile)
const EXAMPLES = new URL('../../../examples/', import.meta.url).pathname
const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0
if (!hasPython) process.stdout.write('no Python 3.9 here: its client is not tried\n')

const LIFECYCLE = {
  events: 6,
  insights: ['Burst of errors (medium)'],
  snapshot_type: 'workspace_state',
  status: 'completed',
}

let dataDir: string
let gateway: GatewayProcess

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'achilles-'))
  await seedDataDir(dataDir)
  gateway = await startGatewayProcess({ ACHILLES_DATA_DIR: dataDir })
})

afterAll(async () => {
  gateway?.process.kill('SIGTERM')
  await gateway?.ended
  await rm(dataDir, { recursive: true, force: true })
})

async function answersOf(program: string, ...args: string[]): Promise<unknown> {
  const env = { PATH: process.env.PATH ?? '', PYTHONDONTWRITEBYTECODE: '1', GATEWAY_URL: gateway.url }
  const { stdout } = await run(program, args, { env })
  return JSON.parse(stdout)
}

test('a TypeScript client with types from the document runs a session', async () => {
  const program = join(EXAMPLES, 'typescript-openapi/lifecycle.ts')
  expect(await answersOf(process.execPath, '--import', import.meta.resolve('tsx'), program)).toEqual({
    ...LIFECYCLE,
    end_time: '2026-03-04T17:30:00Z',
  })
})

test.skipIf(!hasPython)('a Python client generated from the document runs a session', async () => {
  expect(await answersOf('python3', join(EXAMPLES, 'python/lifecycle.py'))).toEqual({
    ...LIFECYCLE,
    end_time: '2026-03-05T17:30:00Z',
    unknown_session: 'NOT_FOUND',
  })
})
