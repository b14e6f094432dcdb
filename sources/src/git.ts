import type { JsonObject } from '@achilles/mcp-contract'
import type { AgentReport, AgentSource, HookContext } from './agent-source.ts'
import { hash } from './event-id.ts'
import { toFields, toList, toText, toWhole } from './read-values.ts'
import { createReport, type EventFacts } from './report.ts'

/**
 * Git hooks. Git gives them no JSON, so their input is made of the arguments of the hook that `achilles connect git` writes:
 * `post-commit` and `post-merge` get the commit, what `git show --format= --shortstat` prints, and the branch;
 * `post-checkout` gets git's own arguments. A repository has one session a day (UTC).
 */
export const git: AgentSource = {
  name: 'git',
  hooks: ['post-commit', 'post-merge', 'post-checkout'],
  readHook,
}

const COMMIT = /^[0-9a-f]{7,64}$/

function readHook(input: JsonObject, { receivedAt: timestamp }: HookContext): AgentReport | undefined {
  const environment = toFields(input.environment)
  const cwd = toText(input.cwd, 4096) ?? toText(environment.PWD, 4096)
  const [first, second, third] = toList(input.arguments).map(toWhole)
  if (cwd === undefined) return undefined

  const report = (kind: string, commit: string | undefined, payload: EventFacts['payload'], ...id: string[]) =>
    commit !== undefined && COMMIT.test(commit)
      ? createReport(
          {
            source: 'git',
            id: `${hash(cwd)}:${timestamp.slice(0, 10)}`,
            cwd,
            userId: environment.GIT_AUTHOR_EMAIL,
          },
          [{ id: [kind, commit, ...id], type: 'git_operation', timestamp, payload: { commit, ...payload } }],
        )
      : undefined

  switch (input.hook_event_name) {
    case 'post-commit':
    case 'post-merge': {
      const operation = input.hook_event_name === 'post-merge' ? 'merge' : 'commit'
      // One id: a merge that ends with a commit of the user calls either hook.
      return report('commit', first, { operation, branch: toText(third), ...readShortstat(second ?? '') })
    }
    case 'post-checkout':
      // Git passes 1 for a change of branch, 0 for files. A branch may be checked out many times.
      return third === '0'
        ? undefined
        : report('checkout', second, { operation: 'checkout', previous: toText(first) }, timestamp)
    default:
      return undefined
  }
}

const SHORTSTAT = /^(\d{1,9}) files? changed(?:, (\d{1,9}) insertions?\(\+\))?(?:, (\d{1,9}) deletions?\(-\))?/

function readShortstat(text: string) {
  const [, files, added, removed] = SHORTSTAT.exec(text.trim()) ?? []
  if (files === undefined) return {}
  return { files_changed: Number(files), lines_added: Number(added ?? 0), lines_removed: Number(removed ?? 0) }
}
