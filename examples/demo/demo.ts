import { resolve } from 'node:path'
import { createGatewayClient } from '@achilles/mcp-client'
import { progressBar } from './progress-bar.ts'
import { type Replayed, replay } from './replay.ts'
import { complaints, report } from './report.ts'
import { openRepository } from './repository.ts'
import { planSessions } from './session-plan.ts'
import { singleLine } from './single-line.ts'
import { isNetworkFailure } from './try-again.ts'

const url = process.env.GATEWAY_URL || 'http://127.0.0.1:8080'
const apiKey = process.env.GATEWAY_API_KEY || undefined
const NOTHING: Replayed = { tally: { accepted: 0, duplicate: 0, failed: 0, failures: [] }, sessions: [] }

try {
  await run(process.argv[2])
} catch (error) {
  process.stderr.write(`${singleLine(reasonOf(error))}\n`)
  process.exitCode = 1
}

async function run(path: string | undefined): Promise<void> {
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw new Error(`GATEWAY_URL: ${url} is not an http or https URL`)
  // npm runs scripts in the package's folder; a relative path means the one that npm was called in.
  const folder = path === undefined ? import.meta.dirname : resolve(process.env.INIT_CWD ?? '.', path)
  const repository = await openRepository(folder)
  if (!repository) {
    process.stderr.write(`${folder} has no commits yet\n`)
    process.stdout.write(report(NOTHING))
    return
  }
  const plan = await planSessions(repository)
  const bar = progressBar(plan.commits, 'commits', process.stderr)
  const connect = () => createGatewayClient({ url, apiKey })
  const client = { name: 'achilles-demo', version: '0.1.0' }
  const replayed = await replay(repository, plan, { connect, client, onCommits: bar.advance }).finally(bar.end)
  process.stdout.write(report(replayed))
  process.stderr.write(complaints(replayed.tally, plan.undated))
}

function reasonOf(error: unknown): string {
  if (isNetworkFailure(error)) {
    const { code, message } = (error.cause.cause ?? error.cause) as NodeJS.ErrnoException
    return `No gateway answers at ${url} (${code ?? message}): start one with npm start, or set GATEWAY_URL`
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return name === 'TRPCClientError' ? `${url}: ${message}` : message
}
