import { randomBytes } from 'node:crypto'
import type { MCPHandshakeResponse } from '@achilles/mcp-contract'
import type { Config } from '../../config.ts'
import { version } from '../../version.ts'
import { ask } from './ask.ts'
import type { CoreAccess } from './ask-core.ts'
import { type Check, type Finding, fault, ok, skipped, warning } from './finding.ts'
import { judgeSizes } from './judge-sizes.ts'
import { line, ownWords } from './line.ts'
import { unknownId } from './unknown-id.ts'

/**
 * Whether Core is the Core of the contract, by calls that change nothing in it: all ids are random, so that nothing real
 * is touched.
 */
export function coreChecks(access: CoreAccess, { maxBodyBytes }: Pick<Config, 'maxBodyBytes'>): Check[] {
  const stranger: CoreAccess = { ...access, core: { ...access.core, apiKey: randomBytes(24).toString('base64url') } }
  const unknownSession = { external_session_key: unknownId() }
  let granted: MCPHandshakeResponse | undefined

  return [
    {
      name: 'health',
      run: () =>
        ask(access, 'coreHealth', (core) => core.coreHealth(), {
          judge({ status, accepting_signals: accepts, uptime_seconds }) {
            const events = accepts ? line`takes events` : line`takes no events`
            const seen = line`${status}, ${events}, up for ${Math.round(uptime_seconds)} s`
            return status === 'ok' && accepts ? ok(seen) : warning(seen, line`Core is not well by its own account.`)
          },
        }),
    },
    {
      name: 'handshake',
      run: () =>
        ask(access, 'handshake', (core) => core.handshake(introduction()), {
          judge(answer) {
            granted = answer
            return ok(line`${answer.server_name} ${answer.server_version}`)
          },
        }),
    },
    {
      name: 'sizes',
      run: () => (granted ? judgeSizes(granted, maxBodyBytes) : skipped(line`the handshake tells them`)),
    },
    {
      name: 'unknown project',
      run: () =>
        ask(access, 'projects.resolve', (core) => core.projects.resolve(unknownProject()), {
          judge: ({ created }) =>
            fault(
              created ? line`a project was made` : line`a project was found for a workspace that nobody has`,
              line`With \`create_if_missing\` false Core must answer 404, and make nothing.`,
            ),
          refused: { 404: judgeNotFound },
        }),
    },
    {
      name: 'unknown session',
      run: () =>
        ask(access, 'sessions.resolve', (core) => core.sessions.resolve(unknownSession), {
          judge: ({ found, session }) =>
            !found && session === null
              ? ok(line`not found`)
              : fault(
                  line`found is ${ownWords(`${found} and session ${session === null ? 'null' : 'given'}`)} for a key that nobody has`,
                  line`Where there is no session, \`found\` must be false and \`session\` null.`,
                ),
          refused: {
            404: () =>
              fault(
                line`404`,
                line`Where there is no session Core must answer 200, with \`found\` false and \`session\` null.`,
              ),
          },
        }),
    },
    {
      name: 'no insights',
      run: () =>
        ask(access, 'signals.insights', (core) => core.signals.insights({ session_id: unknownId() }), {
          judge: ({ length }) =>
            length === 0
              ? ok(line`none`)
              : fault(
                  line`${length} for a session that nobody has`,
                  line`Core must keep what belongs to sessions apart.`,
                ),
          refused: { 404: judgeNotFound },
        }),
    },
    {
      name: 'wrong key',
      run: () =>
        ask(stranger, 'sessions.resolve', (core) => core.sessions.resolve(unknownSession), {
          judge: () => notRefused(),
          refused: { 401: () => ok(line`refused with 401`), 403: () => ok(line`refused with 403`) },
          otherwise: notRefused,
        }),
    },
  ]
}

const notRefused = (status = 200) =>
  fault(
    line`answered with ${status}`,
    line`Core must refuse a key that it does not know, with 401 or 403, whatever is asked.`,
  )

const introduction = () => ({ client_name: 'achilles-doctor', client_version: version, workspace_id: unknownId() })

const unknownProject = () => {
  const workspace_id = unknownId()
  return { workspace_id, workspace_root: `/${workspace_id}`, create_if_missing: false }
}

/** A 404 is right; one that an unknown path would give as well is not sure to be. */
function judgeNotFound(detail: string | undefined): Finding {
  if (detail !== undefined && !/^not found\.?$/i.test(detail)) return ok(line`404, as it must`)
  return warning(
    line`404, without words of its own`,
    line`Does Core have this path? \`detail\` should say what was not found.`,
  )
}
