import { buildPackage } from '../../build/bundle.ts'

await buildPackage({
  workspace: 'cli',
  entryPoints: { main: 'src/main.ts', sender: 'src/sender/main.ts' },
  commonJsEntryPoints: { achilles: 'src/achilles.ts' },
  // Its module for bundlers has other exports than the one that Node loads.
  dependencies: ['jsonc-parser'],
  manifest: {
    keywords: ['achilles', 'claude-code', 'cursor', 'gemini-cli', 'codex', 'copilot', 'hooks', 'telemetry'],
    bin: { achilles: 'lib/achilles.cjs' },
    files: ['lib', 'THIRD_PARTY_LICENSES', 'CHANGELOG.md'],
  },
  assets: {},
})
