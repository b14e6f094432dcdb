import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { git, repositoryOf, temporaryFolder } from './testing/temporary-repository.ts'

function demo(path: string, environment: Record<string, string> = {}) {
  const script = join(import.meta.dirname, 'demo.ts')
  const env = { ...process.env, GATEWAY_URL: '', ...environment }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, path], {
    encoding: 'utf8',
    env,
  })
  return { status, stdout, stderr }
}

test('a repository without commits is reported as such', () => {
  const folder = temporaryFolder()
  git(folder, ['init', '--quiet'])
  expect(demo(folder)).toEqual({
    status: 0,
    stdout: 'sessions: 0\naccepted: 0\nduplicate: 0\nfailed: 0\ninsights: 0\n',
    stderr: `${folder} has no commits yet\n`,
  })
})

test('what is no repository is refused in one line', () => {
  const { status, stdout, stderr } = demo(temporaryFolder())
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^\S+ is not a git repository that can be read \(.+\)\n$/)
})

test('a gateway that cannot be one is refused in one line', () => {
  expect(demo(repositoryOf([{}]), { GATEWAY_URL: 'localhost:8080' })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'GATEWAY_URL: localhost:8080 is not an http or https URL\n',
  })
})
