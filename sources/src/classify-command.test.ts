import { expect, test } from 'vitest'
import { classifyCommand } from './classify-command.ts'

test.each([
  'npm test',
  'npm t',
  'npm run test:unit -- --run',
  'pnpm -s test',
  'yarn vitest run',
  'npx vitest run src',
  'bun test',
  'node --test',
  'CI=1 /usr/bin/env python3.12 -m pytest -q',
  'poetry run pytest',
  'cd server && cargo test --workspace 2>&1 | tail -20',
  'go test ./...',
  './gradlew check',
  'mvn -q verify',
  'make -j4 test',
  'bash -lc "npm test"',
  'npm run build && npm test',
  'npx playwright test',
])('%s runs tests', (command) => {
  expect(classifyCommand(command)).toBe('test_run')
})

test.each([
  'npm run build',
  'pnpm build',
  'npx tsc -p .',
  'cargo build --release',
  'go build ./cmd/x',
  'make',
  'make -j4',
  './mvnw package',
  'cmake --build out',
  'docker build -t x .',
  'sh -c "next build"',
])('%s builds', (command) => {
  expect(classifyCommand(command)).toBe('build_run')
})

test.each([
  '',
  'ls -la',
  'echo npm test',
  'cat test.sh',
  'git commit -m "npm test"',
  'npm install vitest',
  'npm run testimony',
  'make clean',
  'cargo run',
  'docker run x',
  '&& | ; \n',
])('%s is any command', (command) => {
  expect(classifyCommand(command)).toBe('command_executed')
})
