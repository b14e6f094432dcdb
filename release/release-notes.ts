import { checkRelease } from './check-release.ts'

try {
  process.stdout.write(`${checkRelease(process.env).notes}\n`)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
