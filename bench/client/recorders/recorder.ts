import type { SampleEvent } from '../sample-event.ts'

/** A common interface for libraries that record and send events. */
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
