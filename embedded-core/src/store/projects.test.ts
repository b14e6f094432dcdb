import { expect, test } from 'vitest'
import { canonicalName } from './projects.ts'

test.each([
  ['https://git.example.com/shop/checkout.git', '/home/ada/work', 'checkout'],
  ['git@git.example.com:checkout.git', '/home/ada/work', 'checkout'],
  ['https://git.example.com/shop/checkout/', '/home/ada/work', 'checkout'],
  [undefined, '/home/ada/work/', 'work'],
  [undefined, 'C:\\Users\\ada\\work', 'work'],
  ['', '/', 'ws-1'],
])('%s in %s is %s', (vcs_remote_url, workspace_root, name) => {
  expect(canonicalName({ workspace_id: 'ws-1', workspace_root, vcs_remote_url })).toBe(name)
})
