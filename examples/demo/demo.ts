import { resolve } from 'node:path'
import { createGatewayClient, type GatewayError, isGatewayError } from '@achilles/mcp-client'
import { replay } from './replay.ts'
import { openRepository } from './repository.ts'
import { planSessions } from './session-plan.ts'
import { complaints, progressBar, report, singleLine } from './terminal-output.ts'

const url = process.env.GATEWAY_URL || 'http://127.0.0.1:8080'
const apiKey = process.env.GATEWAY_API_KEY || undefined

try {
  await run(process.argv[2])
} catch (error) {
  process.stderr.write(`${singleLine(reasonOf(error))}\n`)
  process.exitCode = 1
}

async function run(path: string | undefined): Promise<void> {
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw new Error(`GATEWAY_URL: ${url} is not an http or https URL`)
  // npm runs scripts in the package's folder; a relative path refers to the folder in which npm was called.
  const folder = path === undefined ? import.meta.dirname : resolve(process.env.INIT_CWD ?? '.', path)
  const repository = await openRepository(folder)
  if (!repository) {
    process.stderr.write(`${folder} has no commits yet\n`)
    process.stdout.write(report({ sessions: [], failures: [] }))
    return
  }
  const plan = await planSessions(repository)
  const bar = progressBar(plan.commits, 'commits', process.stderr)
  const gateway = createGatewayClient({ url, apiKey })
  const client = { client_name: 'achilles-demo', client_version: '0.1.0' }
  const replayed = await replay(repository, plan, { gateway, client, onCommits: bar.advance }).finally(bar.end)
  process.stdout.write(report(replayed))
  process.stderr.write(complaints(replayed, plan.undated))
}

function reasonOf(error: unknown): string {
  if (!isGatewayError(error)) return error instanceof Error ? error.message : String(error)
  // Only a response of the gateway has a request id.
  if (error.data.request_id !== '') return `${url}: ${error.message}`
  if (error.data.code !== 'SERVICE_UNAVAILABLE') return error.message
  return `No gateway answers at ${url} (${codeOf(error)}): start one with npm start, or set GATEWAY_URL`
}

/** The message of `fetch` is only that it failed; the reason is its cause. */
function codeOf({ cause, message }: GatewayError): string {
  const { cause: reason } = cause as { cause?: NodeJS.ErrnoException }
  return reason?.code ?? reason?.message ?? message
}
