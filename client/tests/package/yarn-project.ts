import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { manifest } from '../../build/manifest.ts'
import type { InstalledPackage } from './installed-package.ts'
import { output } from './output.ts'

/**
 * Makes a project beside `installed` that has the packed package through Yarn's Plug'n'Play, where no `node_modules` is and
 * `fs` is Yarn's. Returns what runs `yarn` in it; undefined where Yarn cannot be had from the registry.
 */
export async function yarnProject(
  installed: InstalledPackage,
): Promise<((...args: string[]) => Promise<string>) | undefined> {
  const registry = (await output('npm', ['config', 'get', 'registry'], installed.dir)).trim()
  try {
    await output('npm', ['install', '@yarnpkg/cli-dist@^4', '--no-save', '--no-audit', '--no-fund'], installed.dir)
  } catch {
    process.stdout.write('Yarn 4 cannot be had here: the test of Plug’n’Play is skipped\n')
    return undefined
  }
  const { version } = JSON.parse(
    await readFile(join(installed.packageDir, '../../@trpc/server/package.json'), 'utf8'),
  ) as { version: string }
  const dir = join(installed.dir, 'plug-n-play')
  await mkdir(dir)
  const project = {
    name: 'consumer',
    private: true,
    dependencies: {
      '@achilles/mcp-client': `file:../achilles-mcp-client-${manifest.version}.tgz`,
      '@trpc/server': version,
    },
  }
  const settings = {
    nodeLinker: 'pnp',
    enableGlobalCache: false,
    enableImmutableInstalls: false,
    enableTelemetry: false,
    npmRegistryServer: registry,
    unsafeHttpWhitelist: ['*'],
  }
  await writeFile(join(dir, 'package.json'), JSON.stringify(project))
  // YAML takes JSON.
  await writeFile(join(dir, '.yarnrc.yml'), JSON.stringify(settings))
  await writeFile(join(dir, 'yarn.lock'), '')
  const cli = join(installed.dir, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js')
  const yarn = (...args: string[]) => output(process.execPath, [cli, ...args], dir)
  await yarn('install')
  return yarn
}
