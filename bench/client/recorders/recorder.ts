import type { SampleEvent } from '../sample-event.ts'

/** A library that records events and sends them, as a program uses it. */
export interface EventRecorder {
  record(event: SampleEvent): void
  /** Resolves once everything recorded so far has settled where it waits, for a library that writes it down. */
  persisted?(): Promise<void>
  /** Resolves once the library has no event any more that it would still send. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Opens a recorder with the library’s defaults, all but where events go. */
export type OpenRecorder = (url: string) => Promise<EventRecorder>
