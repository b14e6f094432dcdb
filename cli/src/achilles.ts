#!/usr/bin/env node
import { join } from 'node:path'
import { sources } from '@achilles/agent-sources'
import { openInput } from './hook/input-stream.ts'
import { runHook } from './hook/run-hook.ts'

const [command, ...args] = process.argv.slice(2)

// Built as CommonJS and without any other module: an agent waits for each hook.
if (command === 'hook') {
  // A hook that Ctrl+C ends with its agent has still something to write; its limits end it soon.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('uncaughtException', () => process.exit(0))
  void runHook({
    args,
    env: process.env,
    cwd: () => process.cwd(),
    stdin: () => openInput(0),
    sources,
    senderFile: join(__dirname, 'sender.js'),
  }).finally(() => process.exit(0))
} else {
  void import('./main.js')
}
