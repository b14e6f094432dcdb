import type { NewEvent, Session } from '@achilles/mcp-client'

/** What one session is to be opened with; the same for every attempt at it. */
export interface Opening {
  externalSessionKey: string
  startTime: NonNullable<NewEvent['timestamp']>
  signal: AbortSignal
  onError(error: unknown): void
}

/** What a `SessionKeeper` needs. What a callback throws changes nothing. */
export interface KeeperOptions {
  open(opening: Opening): Promise<Session>
  /** How many events may wait for the session to open. */
  maxEarly: number
  /** Told whenever a session opens. */
  onOpen(session: Session): void
  /** Told of everything that went wrong; all of it is tried again. */
  onError(error: unknown): void
}
