import { readFileSync } from 'node:fs'

export interface EventRecorder {
  record(event: SampleEvent): void
  /** Resolves once everything recorded so far is stored; only for libraries that store events. */
  persisted?(): Promise<void>
  /** Resolves once the library has no unsent events. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Opens a recorder with the library's defaults, except for the URL. */
export type OpenRecorder = (url: string) => Promise<EventRecorder>

export type SampleEvent = ReturnType<typeof sampleEvent>

const FILES = Array.from({ length: 200 }, (_, index) => `packages/checkout/src/cart/price-rule-${index}.ts`)
const SOURCE = readFileSync(new URL('../../../client/src/recorder/recorder.ts', import.meta.url))
const EXCERPT_CHARS = 96

/** About 540 bytes of JSON once a recorder has added an id and a time. */
export function sampleEvent(sequence: number) {
  const offset = (sequence * 37) % (SOURCE.length - EXCERPT_CHARS)
  return {
    event_type: 'file_edited' as const,
    source_type: 'ide' as const,
    file_path: FILES[sequence % FILES.length] ?? '',
    language: 'typescript',
    duration_ms: 120 + (sequence % 900),
    payload: {
      sequence,
      lines_added: sequence % 7,
      lines_removed: sequence % 3,
      selection: { line: sequence % 400, character: sequence % 80 },
      // Decoded from bytes, so that it is a flat string of its own, not a slice of the source.
      excerpt: SOURCE.toString('latin1', offset, offset + EXCERPT_CHARS),
    },
    metadata_: { editor: 'vscode', trigger: 'typing' },
  }
}
