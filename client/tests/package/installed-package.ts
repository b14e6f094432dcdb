import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { manifest, paths } from '../../build/package.ts'

const execFileAsync = promisify(execFile)

/** The README names it. */
export const OLDEST_TYPESCRIPT = '4.9'

const tarball = `achilles-mcp-client-${manifest.version}.tgz`

/** A project outside of the repository that has the packed package installed, and nothing else of ours. */
export interface InstalledPackage {
  dir: string
  /** The folder of the package in `node_modules`. */
  packageDir: string
  /** What Node writes, run in the project. */
  node(...args: string[]): Promise<string>
  remove(): Promise<void>
}

/** Builds the package, packs it as it would be published, and installs it. */
export async function installPackage(): Promise<InstalledPackage> {
  const dir = await mkdtemp(join(tmpdir(), 'achilles-client-'))
  await npm(paths.root, 'run', 'build')
  await npm(paths.dist, 'pack', '--pack-destination', dir)
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  await npm(
    dir,
    'install',
    `./${tarball}`,
    'typescript@~5.9',
    `typescript-oldest@npm:typescript@~${OLDEST_TYPESCRIPT}`,
    '--no-audit',
    '--no-fund',
  )
  await mkdir(join(dir, 'src'))
  await cp(fileURLToPath(new URL('./consumer/', import.meta.url)), join(dir, 'src'), { recursive: true })
  return {
    dir,
    packageDir: join(dir, 'node_modules/@achilles/mcp-client'),
    node: (...args) => runCommand(process.execPath, args, dir),
    remove: () => rm(dir, { recursive: true }),
  }
}

const npm = (cwd: string, ...args: string[]) => runCommand('npm', args, cwd)

/**
 * Makes a project beside `installed` that has the packed package through Yarn's Plug'n'Play, where no `node_modules` is and
 * `fs` is Yarn's. Returns what runs `yarn` in it; undefined where Yarn cannot be had from the registry.
 */
export async function createYarnProject(
  installed: InstalledPackage,
): Promise<((...args: string[]) => Promise<string>) | undefined> {
  try {
    await runCommand('npm', ['install', '@yarnpkg/cli-dist@^4', '--no-save', '--no-audit', '--no-fund'], installed.dir)
  } catch {
    process.stdout.write('Yarn 4 cannot be had here: the test of Plug’n’Play is skipped\n')
    return undefined
  }
  const dir = join(installed.dir, 'plug-n-play')
  await mkdir(dir)
  const project = {
    name: 'consumer',
    private: true,
    dependencies: { '@achilles/mcp-client': `file:../${tarball}` },
  }
  await writeFile(join(dir, 'package.json'), JSON.stringify(project))
  await writeYarnSettings(dir, 'pnp')
  const cli = join(installed.dir, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js')
  const yarn = (...args: string[]) => runCommand(process.execPath, [cli, ...args], dir)
  await yarn('install')
  return yarn
}

/** Makes a folder a project of its own for Yarn 4, with npm's registry. */
export async function writeYarnSettings(dir: string, nodeLinker: 'pnp' | 'node-modules'): Promise<void> {
  const settings = {
    nodeLinker,
    enableGlobalCache: false,
    enableImmutableInstalls: false,
    enableTelemetry: false,
    npmRegistryServer: (await runCommand('npm', ['config', 'get', 'registry'], dir)).trim(),
    unsafeHttpWhitelist: ['*'],
  }
  // YAML takes JSON.
  await writeFile(join(dir, '.yarnrc.yml'), JSON.stringify(settings))
  await writeFile(join(dir, 'yarn.lock'), '')
}

/**
 * Makes the project that `yo code` makes by default for an extension in TypeScript, with the packed package and `code` as its
 * extension. Returns its folder.
 */
export async function createYoCodeProject(installed: InstalledPackage, code: string): Promise<string> {
  const dir = join(installed.dir, 'yo-code')
  await mkdir(join(dir, 'src'), { recursive: true })
  // Yeoman itself does not run as root.
  const archive = (await npm(installed.dir, 'pack', 'generator-code@~1.12')).trim()
  await runCommand('tar', ['-xzf', archive], installed.dir)
  const generator = join(installed.dir, 'package/generators/app')
  await cp(join(generator, 'templates/ext-command-ts/tsconfig.json'), join(dir, 'tsconfig.json'))
  const { dependencies } = JSON.parse(await readFile(join(generator, 'dependencyVersions/package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const types = ['typescript', '@types/node', '@types/mocha'].map((name) => [name, dependencies[name]])
  const project = {
    private: true,
    dependencies: { '@achilles/mcp-client': `file:../${tarball}` },
    devDependencies: { ...Object.fromEntries(types), '@types/vscode': '*' },
  }
  await writeFile(join(dir, 'package.json'), JSON.stringify(project))
  await npm(dir, 'install', '--no-audit', '--no-fund')
  await writeFile(join(dir, 'src/extension.ts'), code)
  return dir
}

/** The environment without that of npm or a coverage report around the tests. */
export const getCleanEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_(OPTIONS|V8_COVERAGE)$)/i.test(name)))

/**
 * Returns what a command writes to standard output.
 * @throws Error with all that it wrote, if it fails
 */
export async function runCommand(command: string, args: string[], cwd: string): Promise<string> {
  try {
    return (await execFileAsync(command, args, { cwd, env: getCleanEnvironment(), maxBuffer: 2 ** 26 })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error })
  }
}
