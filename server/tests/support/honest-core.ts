import { MCPHandshakeResponse, MCPHealthResponse } from '@achilles/mcp-contract'
import { reply, type Script } from './scripted-core.ts'

const exampleOf = (schema: { meta(): { examples?: unknown[] | undefined } | undefined }) => schema.meta()?.examples?.[0]

const HONEST: Readonly<Record<string, Script>> = {
  'GET /mcp/health': reply(200, exampleOf(MCPHealthResponse)),
  'POST /mcp/handshake': reply(200, exampleOf(MCPHandshakeResponse)),
  'POST /projects/resolve': reply(404, { detail: 'the workspace has no project' }),
  'POST /mcp/sessions/resolve': reply(200, { found: false, session: null }),
  'POST /signals/insights': reply(404, { detail: 'the session is unknown' }),
}

/** The script of an empty Core that requires this key, with some calls overridden. */
export const honestCore =
  (apiKey: string, lies: Readonly<Record<string, Script>> = {}): Script =>
  (request, response, attempt) => {
    const call = `${request.method} ${request.url}`
    const isKnown = request.headers.authorization === `Bearer ${apiKey}`
    const refuse = reply(isKnown ? 404 : 401, { detail: isKnown ? 'Not Found' : 'a valid bearer key is required' })
    const script = lies[call] ?? (isKnown ? HONEST[call] : undefined) ?? refuse
    script(request, response, attempt)
  }
