import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { bundleScripts } from './bundle-scripts.ts'
import { declare } from './declare.ts'
import { manifest } from './manifest.ts'
import { paths } from './paths.ts'

// Builds the package as it is published into dist: `npm pack` and `npm publish` take that folder.
rmSync(paths.dist, { recursive: true, force: true })
mkdirSync(paths.dist, { recursive: true })
await bundleScripts()
declare()
writeFileSync(`${paths.dist}package.json`, `${JSON.stringify(manifest, null, 2)}\n`)
for (const file of ['README.md', 'CHANGELOG.md']) copyFileSync(paths.client + file, paths.dist + file)
copyFileSync(`${paths.root}LICENSE`, `${paths.dist}LICENSE`)

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1).padStart(7)} kB`
for (const file of readdirSync(paths.dist).filter((name) => /\.(c?js|d\.c?ts)$/.test(name))) {
  const path = paths.dist + file
  process.stdout.write(`${file.padEnd(24)}${kB(statSync(path).size)}${kB(gzipSync(readFileSync(path)).length)} gzip\n`)
}
