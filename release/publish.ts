import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PACKAGES } from '../build/pack.ts'
import { checkRelease } from './check-release.ts'

const [tarballs = 'dist', ...npmOptions] = process.argv.slice(2)

try {
  const { version } = checkRelease(process.env)
  for (const { name } of PACKAGES) {
    const published = await isPublished(`${name}@${version}`)
    process.stdout.write(`${name}@${version}: ${published ? 'already published' : 'publishing'}\n`)
    if (published) continue
    const tarball = join(tarballs, `${name.slice(1).replace('/', '-')}-${version}.tgz`)
    execFileSync('npm', ['publish', tarball, ...npmOptions], { stdio: 'inherit' })
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

/** So that a run that failed half-way can be repeated. */
async function isPublished(spec: string): Promise<boolean> {
  try {
    await promisify(execFile)('npm', ['view', spec, 'version', '--json', ...npmOptions])
    return true
  } catch (error) {
    const { stdout } = error as { stdout: string }
    if (stdout.includes('"E404"')) return false
    throw error
  }
}
