import { execFileSync } from 'node:child_process'

const [major = 0] = process.versions.node.split('.').map(Number)

/** The path of Node 24 or newer, which some agents need; npx downloads it if it is not here. */
export const node24: string =
  major >= 24
    ? process.execPath
    : execFileSync('npx', ['-y', 'node@24', '-p', 'process.execPath'], { encoding: 'utf8' }).trim()
