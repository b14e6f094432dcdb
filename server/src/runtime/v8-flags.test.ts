import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { V8_FLAG } from './v8-flags.ts'

test('this Node knows the flag; V8 ignores an unknown one', () => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })
  expect(known).toContain(`  ${V8_FLAG.replace('--no-', '--')} (`)
})
