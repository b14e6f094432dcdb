import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROOT = new URL('../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')

// The versions in package.json are exact.
test.each(['docs/agents.md', 'docs/rest.md'])('%s names the versions that are tested', (path) => {
  const { dependencies } = JSON.parse(read('examples/interop/package.json')) as { dependencies: Record<string, string> }
  const rows = [...read(path).matchAll(/^\| `([^`]+)`[^|]*\| (\d[\w.-]*) \|/gm)]
  expect(rows.length).toBeGreaterThan(3)
  for (const [, name = '', version] of rows) expect({ name, version }).toEqual({ name, version: dependencies[name] })
})
