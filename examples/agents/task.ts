/** The task of the agents: a function that is wrong, with a test that fails. */
export const FIRST_VERSION = 'export const sum = (a, b) => a - b\n'

export const SECOND_VERSION = { old_string: '(a, b) => a - b', new_string: '(a, b) => {\n  return a - b\n}' }

export const FAILING_TEST = `import assert from 'node:assert'
import test from 'node:test'
import { sum } from './sum.mjs'

test('sum', () => assert.equal(sum(1, 2), 3))
`
