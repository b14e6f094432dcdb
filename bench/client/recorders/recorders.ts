import type { OpenRecorder } from './recorder.ts'

/** Ours first. Imported lazily, so that a process loads only the one it measures. */
export const RECORDERS = {
  achilles: async (url) => (await import('./achilles.ts')).openAchilles(url),
  'achilles, file spool': async (url) => (await import('./achilles-file-spool.ts')).openAchillesFileSpool(url),
  'posthog-node': async (url) => (await import('./posthog.ts')).openPostHog(url),
  OpenTelemetry: async (url) => (await import('./opentelemetry.ts')).openOpenTelemetry(url),
} as const satisfies Record<string, OpenRecorder>

export type RecorderName = keyof typeof RECORDERS

export const RECORDER_NAMES = Object.keys(RECORDERS) as RecorderName[]
