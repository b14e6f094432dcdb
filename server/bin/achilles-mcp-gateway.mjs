#!/usr/bin/env node
// The gateway runs from its sources. A Node that strips types reads them itself; for others tsx does, and through
// Node's own arguments, so that the embedded Core's process gets it as well.
if (!process.features.typescript) {
  process.execArgv.push('--import', import.meta.resolve('tsx'))
  await import('tsx')
}
await import('../src/main.ts')
