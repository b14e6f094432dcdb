import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PACKAGES } from '../../build/pack.ts'
import { getNotes } from '../changelog.ts'
import { NpmRegistry } from './npm-registry.ts'
import { copyRepository } from './repository-copy.ts'
import { getLocalEnvironment, runScript } from './run-script.ts'

const folder = mkdtempSync(join(tmpdir(), 'achilles-release-'))
const copy = join(folder, 'copy')
const TSX = ['--import', import.meta.resolve('tsx')]
const REPOSITORY = 'achilles/achilles-mcp-gateway'

const readCopy = (path: string) => readFileSync(join(copy, path), 'utf8')
const git = (...args: string[]) => execFileSync('git', args, { cwd: copy, encoding: 'utf8' }).trim()

function runSource(script: string, args: string[] = [], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...TSX, script, ...args], {
    cwd: copy,
    env: { ...getLocalEnvironment(), ...env },
    encoding: 'utf8',
  })
  return { code: status, stdout, stderr }
}

const { version: previous } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const [major, minor] = previous.split('.').map(Number)
const version = `${major}.${Number(minor) + 1}.0`
const tag = `v${version}`

beforeAll(() => {
  copyRepository(copy)
  // Also tested right after a release, when nothing is under "Unreleased".
  const changelog = readCopy('CHANGELOG.md').replace('## Unreleased\n', '## Unreleased\n\n- A change.\n')
  writeFileSync(join(copy, 'CHANGELOG.md'), changelog)
  git('commit', '--quiet', '--all', '--message=test: change')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('npm run release', () => {
  const release = (...args: string[]) => runSource('release/release.ts', args)

  test.each([
    ['without a level', [], () => {}, 'Usage: npm run release -- major|minor|patch'],
    ['with another level', ['tiny'], () => {}, 'Usage: npm run release -- major|minor|patch'],
    ['on another branch', ['minor'], () => git('switch', '--quiet', '--create=topic'), 'on the branch main'],
    ['with changes', ['minor'], () => appendFileSync(join(copy, 'README.md'), '\n'), 'uncommitted changes'],
    ['with a new file', ['minor'], () => writeFileSync(join(copy, 'new.txt'), ''), 'uncommitted changes'],
    ['with the tag', ['minor'], () => git('tag', tag), `The tag ${tag} exists`],
    ['with an empty section', ['minor'], commitEmptySection, 'nothing under "Unreleased"'],
  ])('%s changes nothing', (_, args, prepare, message) => {
    const commit = git('rev-parse', 'main')
    prepare()
    const before = git('status', '--porcelain') + git('rev-parse', 'HEAD') + git('tag')
    const { code, stderr } = release(...args)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) })
    expect(git('status', '--porcelain') + git('rev-parse', 'HEAD') + git('tag')).toBe(before)
    git('switch', '--quiet', 'main')
    git('reset', '--quiet', '--hard', commit)
    git('clean', '--quiet', '-d', '--force')
    if (git('tag')) git('tag', '--delete', tag)
  })

  test('minor sets the version everywhere, commits and tags', () => {
    const changelog = readCopy('CHANGELOG.md')
    const clientNotes = getNotes(readCopy('client/CHANGELOG.md'), 'Unreleased')
    const { code, stdout, stderr } = release('minor')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`git push --atomic origin main ${tag}`)

    expect(git('status', '--porcelain')).toBe('')
    expect(git('log', '-1', '--format=%s')).toBe(`build: release ${version}`)
    expect(git('cat-file', '-t', tag)).toBe('tag')
    expect(git('rev-parse', `${tag}^{commit}`)).toBe(git('rev-parse', 'main'))

    // What was stored by the former version stays what it is.
    const historical = /^(client\/src|client\/tests|examples\/demo)\/|CHANGELOG\.md$|(^|\/)package-lock\.json$/
    expect(mentioning(previous).filter((file) => !historical.test(file))).toEqual([])
    expect(mentioning(version)).toContain('server/package.json')

    const notes = getNotes(changelog, 'Unreleased')
    expect(getNotes(readCopy('CHANGELOG.md'), 'Unreleased')).toBe('')
    expect(getNotes(readCopy('CHANGELOG.md'), version)).toBe(notes)
    expect(readCopy('CHANGELOG.md')).toMatch(`\n## Unreleased\n\n## ${version} - ${new Date().getUTCFullYear()}-`)
    expect(getNotes(readCopy('client/CHANGELOG.md'), version)).toBe(clientNotes || 'No changes.')
  })

  test('the lock file fits the manifests', () => {
    execFileSync('npm', ['ci', '--dry-run', '--ignore-scripts', '--no-audit'], { cwd: copy, stdio: 'pipe' })
    const { packages } = JSON.parse(readCopy('package-lock.json')) as { packages: Record<string, { version: string }> }
    for (const { workspace } of PACKAGES) expect(packages[workspace]?.version).toBe(version)
  })

  test('the sources are formatted, and another release has to wait for a change', () => {
    expect(release('patch')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing under "Unreleased"') })
    execFileSync('npx', ['biome', 'check', '--vcs-enabled=false', 'package.json', 'client', 'server/package.json'], {
      cwd: copy,
      stdio: 'pipe',
    })
  })
})

describe('what the workflow publishes', () => {
  let registry: NpmRegistry
  const tarballs = join(folder, 'tarballs')

  beforeAll(async () => {
    registry = await NpmRegistry.start(join(folder, 'registry'))
    const script = `(await import('./build/pack.ts')).pack(${JSON.stringify(tarballs)})`
    execFileSync(process.execPath, [...TSX, '--input-type=module', '--eval', script], { cwd: copy, stdio: 'pipe' })
  })

  afterAll(() => registry?.stop())

  const publish = (env: Record<string, string> = {}) =>
    runSource('release/publish.ts', [tarballs, '--no-provenance'], {
      NPM_CONFIG_USERCONFIG: registry.userConfig,
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_REF_NAME: tag,
      ...env,
    })

  test.each([
    [{ GITHUB_REPOSITORY: 'someone/fork' }, '"repository" in package.json is git+https://github.com/achilles/'],
    [{ GITHUB_REF_NAME: 'v9.9.9' }, `The tag is v9.9.9, but package.json has the version ${version}`],
  ])('%j is rejected before anything is published', async (env, message) => {
    expect(publish(env)).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(message) })
    expect((await fetch(`${registry.url}@achilles%2fmcp-client`)).status).toBe(404)
    expect(runSource('release/release-notes.ts', [], env)).toMatchObject({ code: 1, stdout: '' })
  })

  test('packages are published once, however often the job runs', () => {
    // As after a run that failed half-way.
    const [first] = PACKAGES
    const tarball = join(tarballs, `achilles-mcp-client-${version}.tgz`)
    const env = { ...getLocalEnvironment(), NPM_CONFIG_USERCONFIG: registry.userConfig }
    execFileSync('npm', ['publish', tarball, '--no-provenance'], { env, stdio: 'pipe' })
    const line = (state: string, { name }: { name: string }) => `${name}@${version}: ${state}`

    const once = publish()
    expect(once.code, once.stderr).toBe(0)
    for (const published of PACKAGES)
      expect(once.stdout).toContain(line(published === first ? 'already published' : 'publishing', published))
    const twice = publish()
    expect(twice.code, twice.stderr).toBe(0)
    expect(twice.stdout).toBe(PACKAGES.map((published) => `${line('already published', published)}\n`).join(''))
  })

  test('published packages can be installed, and name their source', () => {
    const dir = join(folder, 'consumer')
    mkdirSync(dir)
    writeFileSync(join(dir, 'package.json'), '{ "private": true }')
    const env = { ...getLocalEnvironment(), NPM_CONFIG_USERCONFIG: registry.userConfig }
    const names = PACKAGES.map(({ name }) => name)
    execFileSync('npm', ['install', ...names, '--no-audit', '--no-fund'], { cwd: dir, env, stdio: 'pipe' })
    const bin = join(dir, 'node_modules/.bin/achilles-mcp-gateway')
    expect(execFileSync(bin, ['--version'], { cwd: dir, encoding: 'utf8' })).toBe(`${version}\n`)
    for (const { name, workspace } of PACKAGES) {
      const manifest = JSON.parse(readFileSync(join(dir, 'node_modules', name, 'package.json'), 'utf8'))
      expect(manifest).toMatchObject({
        version,
        repository: { type: 'git', url: `git+https://github.com/${REPOSITORY}.git`, directory: workspace },
        bugs: expect.stringContaining(`https://github.com/${REPOSITORY}/issues`),
        homepage: expect.stringContaining(`/${workspace}#readme`),
        publishConfig: { access: 'public', provenance: true },
      })
    }
  })
})

describe('scripts of the workflows', () => {
  const GITHUB = {
    GITHUB_ACTOR: 'someone',
    GITHUB_REF_NAME: tag,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: 'f'.repeat(40),
    GITHUB_TOKEN: 'secret-token',
    GITHUB_WORKSPACE: '/workspace',
    // Scripts call `node`, which strips types itself from version 24 on.
    NODE_OPTIONS: TSX.join(' '),
  }
  const run = (script: string, standIns: Record<string, string>, env: Record<string, string> = {}) =>
    runScript(folder, join(copy, script), { ...GITHUB, ...env }, standIns)

  const optionsOf = (call: string[] = [], option: string) =>
    call.flatMap((argument, index) => (call[index - 1] === option ? [argument] : []))

  describe('publish-image.sh', () => {
    const SCRIPT = '.github/scripts/publish-image.sh'
    const digest = `sha256:${'a'.repeat(64)}`
    const docker = `
case $1 in
  login) cat >'${folder}/password' ;;
  buildx)
    while [ "$1" != --metadata-file ]; do shift; done
    echo '{"containerimage.digest":"${digest}"}' >"$2" ;;
esac`

    test('builds for both architectures, attests, and signs the digest', () => {
      const { code, stderr, calls } = run(SCRIPT, { docker, cosign: '' }, { GITHUB_REPOSITORY: 'Someone/Gateway' })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const [login, build, sign, ...others] = calls
      expect(others).toEqual([])
      expect(login).toEqual(['docker', 'login', 'ghcr.io', '--username', 'someone', '--password-stdin'])
      expect(readFileSync(join(folder, 'password'), 'utf8')).toBe('secret-token\n')
      expect(optionsOf(build, '--platform')).toEqual(['linux/amd64,linux/arm64'])
      expect(build).toEqual(expect.arrayContaining(['--push', '--sbom=true', '--provenance=mode=max']))
      const image = 'ghcr.io/someone/gateway'
      const tags = [version, version.replace(/\.\d+$/, ''), 'latest']
      expect(optionsOf(build, '--tag')).toEqual(tags.map((name) => `${image}:${name}`))
      expect(optionsOf(build, '--label')).toContain(
        'org.opencontainers.image.source=https://github.com/Someone/Gateway',
      )
      expect(sign).toEqual(['cosign', 'sign', '--yes', '--recursive', `${image}@${digest}`])
    })

    test.each([
      ['the build fails', { docker: '[ "$1" = login ]' }],
      ['there is no digest', { docker: docker.replace('containerimage.digest', 'other') }],
    ])('signs nothing if %s', (_, standIns) => {
      const { code, calls } = run(SCRIPT, { cosign: '', ...standIns })
      expect(code).not.toBe(0)
      expect(calls.map(([name]) => name)).toEqual(['docker', 'docker'])
    })
  })

  describe('create-release.sh', () => {
    const SCRIPT = '.github/scripts/create-release.sh'
    const assets = ['dist/a.sbom.json', 'dist/a.tgz']
    // Keeps the notes, which the script removes.
    const copyNotes = `for file in "$@"; do [ "$last" = --notes-file ] && cp "$file" '${folder}/notes'; last=$file; done`

    beforeAll(() => {
      mkdirSync(join(copy, 'dist'))
      for (const asset of assets) writeFileSync(join(copy, asset), '')
    })

    test('creates the release with the notes, tarballs and SBOMs', () => {
      const { code, stderr, calls } = run(SCRIPT, { gh: `[ "$2" = view ] && exit 1\n${copyNotes}` })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const [, create = [], ...others] = calls
      expect(others).toEqual([])
      expect(create.slice(0, 5)).toEqual(['gh', 'release', 'create', tag, '--verify-tag'])
      expect(create).toEqual(expect.arrayContaining(assets))
      const notes = getNotes(readCopy('CHANGELOG.md'), version)
      expect(readFileSync(join(folder, 'notes'), 'utf8')).toBe(`${notes}\n`)
    })

    test('completes a release that exists', () => {
      const { code, calls } = run(SCRIPT, { gh: '' })
      expect(code).toBe(0)
      expect(calls.map((call) => call.slice(0, 4))).toEqual([
        ['gh', 'release', 'view', tag],
        ['gh', 'release', 'edit', tag],
        ['gh', 'release', 'upload', tag],
      ])
      expect(calls[2]).toEqual(expect.arrayContaining(['--clobber', ...assets]))
    })

    test('creates nothing for a tag that is not the version', () => {
      const { code, stderr, calls } = run(SCRIPT, { gh: '' }, { GITHUB_REF_NAME: 'v9.9.9' })
      expect({ code, stderr, calls }).toEqual({
        code: 1,
        stderr: expect.stringContaining('The tag is v9.9.9'),
        calls: [],
      })
    })
  })

  test('prepare-container.sh installs programs and trusts the checkout', () => {
    const home = join(folder, 'home')
    mkdirSync(home)
    const { code, stderr } = run('.github/scripts/prepare-container.sh', { 'apt-get': '' }, { HOME: home })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(readFileSync(join(home, '.gitconfig'), 'utf8')).toContain('directory = /workspace')
  })

  test('install-programs installs what is missing', () => {
    const { code, stderr, calls } = run('.ci/install-programs', { 'apt-get': '' }, { PATH: '/nonexistent' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(calls.map(([, command]) => command)).toEqual(['update', 'install'])
    expect(calls[1]).toEqual(expect.arrayContaining(['bubblewrap', 'jq', 'prometheus', 'shellcheck']))
  })
})

function commitEmptySection(): void {
  const changelog = readCopy('CHANGELOG.md')
  const emptied = changelog.replace(getNotes(changelog, 'Unreleased'), '')
  writeFileSync(join(copy, 'CHANGELOG.md'), emptied)
  git('commit', '--quiet', '--all', '--message=test: nothing')
}

/** The files that contain this version, not as a part of another or of a range. */
function mentioning(version: string): string[] {
  const pattern = `(^|[^0-9.^~])${version.replaceAll('.', '\\.')}([^0-9.]|$)`
  // Without a match, git fails.
  const { stdout } = spawnSync('git', ['grep', '-E', '--name-only', pattern], { cwd: copy, encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean)
}
