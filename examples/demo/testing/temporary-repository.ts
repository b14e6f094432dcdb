import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Runs git without the user's and the system's settings; returns its output. */
export function git(folder: string, args: string[], input: string | Buffer = ''): string {
  const env = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' }
  const { status, stdout, stderr } = spawnSync('git', ['-C', folder, ...args], { input, env })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout.toString().trim()
}

export interface CommitToImport {
  subject?: string
  /** Name, email, seconds and zone. */
  author?: string | Buffer
  /** @default one second after the previous commit */
  committer?: string
  /** Marks of the parents. @default the previous commit */
  parents?: number[]
  /** Path to content; `null` deletes. */
  files?: Record<string, string | Buffer | null>
  /** Further instructions, for what `files` cannot express. */
  lines?: Buffer[]
}

const ADA = 'Ada <ada@example.com> 1700000000 +0000'

/** The commits are on `main`; their marks are 1, 2, … */
export function repositoryOf(commits: CommitToImport[], folder = temporaryFolder()): string {
  git(folder, ['init', '--quiet', '--initial-branch=main'])
  git(folder, ['fast-import', '--quiet', '--date-format=raw-permissive'], Buffer.concat(commits.flatMap(instructions)))
  return folder
}

function instructions(commit: CommitToImport, index: number): Buffer[] {
  const { subject = `Commit ${index + 1}`, author = ADA, parents, files = {}, lines = [] } = commit
  const { committer = `Ada <ada@example.com> ${1_700_000_000 + index} +0000` } = commit
  const [first, ...merged] = parents ?? (index === 0 ? [] : [index])
  return [
    `${first === undefined ? 'reset' : 'commit'} refs/heads/main\n`,
    ...(first === undefined ? ['commit refs/heads/main\n'] : []),
    `mark :${index + 1}\nauthor `,
    author,
    `\ncommitter ${committer}\n`,
    ...data(subject),
    ...(first === undefined ? [] : [`from :${first}\n`]),
    ...merged.map((parent) => `merge :${parent}\n`),
    ...Object.entries(files).flatMap(([path, content]) =>
      content === null
        ? [`D ${JSON.stringify(path)}\n`]
        : [`M 100644 inline ${JSON.stringify(path)}\n`, ...data(content)],
    ),
    ...lines,
    '\n',
  ].map((part) => Buffer.from(part as string))
}

const data = (content: string | Buffer) => [`data ${Buffer.byteLength(content)}\n`, content, '\n']
