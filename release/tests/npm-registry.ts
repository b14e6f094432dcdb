import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import { runCommand } from '../../client/tests/package/installed-package.ts'
import { freePort } from '../../server/tests/support/free-port.ts'

/** The newest that runs on Node 20. */
const VERDACCIO = '~6.8.0'

const CONFIG = {
  storage: './storage',
  packages: { '@achilles/*': { access: '$all', publish: '$all' } },
  log: { type: 'stdout', level: 'warn' },
}

/** A registry on loopback for the packages of this project alone. */
export class NpmRegistry {
  readonly url: string
  /** Settings of npm that use it for them, with the usual registry for others. */
  readonly userConfig: string
  readonly #process: ChildProcess

  private constructor(url: string, userConfig: string, process: ChildProcess) {
    this.url = url
    this.userConfig = userConfig
    this.#process = process
  }

  /** Installs and starts Verdaccio in a folder. */
  static async start(folder: string): Promise<NpmRegistry> {
    mkdirSync(folder)
    // Some registries lack the tag `cjs` that a plugin asks for.
    const project = { private: true, dependencies: { verdaccio: VERDACCIO }, overrides: { 'node-fetch': '^2.7.0' } }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(project))
    await runCommand('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], folder)
    // YAML takes JSON.
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(CONFIG))
    const address = `127.0.0.1:${await freePort()}`
    const program = join(folder, 'node_modules/verdaccio/bin/verdaccio')
    const verdaccio = spawn(process.execPath, [program, '--config', 'config.yaml', '--listen', address], {
      cwd: folder,
      stdio: 'ignore',
    })
    const url = `http://${address}/`
    await vi.waitFor(
      async () => {
        if (verdaccio.exitCode !== null) throw new Error('Verdaccio exited')
        await fetch(`${url}-/ping`)
      },
      { timeout: 60_000 },
    )
    const defaultRegistry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
    const userConfig = join(folder, 'npmrc')
    writeFileSync(
      userConfig,
      `registry=${defaultRegistry}\n@achilles:registry=${url}\n//${address}/:_authToken=anyone\n`,
    )
    return new NpmRegistry(url, userConfig, verdaccio)
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill()
    await exited
  }
}
