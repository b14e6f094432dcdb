import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LOCK = `${FOLDER}package-lock.json`
const INSTALLED_LOCK = `${FOLDER}node_modules/.installed-lock.json`

// The oldest Node that all clients run on.
const [OLDEST_MAJOR, OLDEST_MINOR] = [22, 19]
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isNewEnough = major > OLDEST_MAJOR || (major === OLDEST_MAJOR && minor >= OLDEST_MINOR)
const node = isNewEnough ? [process.execPath] : ['npx', '-y', 'node@24']
if (!isNewEnough) process.stdout.write(`Some clients do not run on Node ${process.versions.node}: using Node 24\n`)

const lock = readFileSync(LOCK, 'utf8')
if (!existsSync(INSTALLED_LOCK) || readFileSync(INSTALLED_LOCK, 'utf8') !== lock) {
  run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], FOLDER)
  writeFileSync(INSTALLED_LOCK, lock)
}
run([process.execPath, `${ROOT}node_modules/typescript-7/bin/tsc`, '-p', FOLDER], ROOT)
run([...node, `${ROOT}node_modules/vitest/vitest.mjs`, 'run', ...process.argv.slice(2)], FOLDER)

/** Runs a command; if it fails, exits with its exit code. */
function run([command = '', ...args]: string[], cwd: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
