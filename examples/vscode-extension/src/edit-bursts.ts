import type { LineCounts } from './lines-changed.ts'

/** Which file an event is about. */
export interface RecordedFile {
  file_path: string
  language: string
}

/** Edits of one file that came close together. */
export interface EditBurst extends LineCounts {
  edits: number
  first: Date
  last: Date
}

/** When a burst is over, and who is told. */
export interface EditBurstOptions {
  /** After so long without an edit of the file, in milliseconds. */
  quietMs: number
  /** However busy, after so long, in milliseconds. */
  longestMs: number
  onBurst(file: RecordedFile, burst: EditBurst): void
}

/** Gathers edits file by file, so that a burst of typing is one event. */
export class EditBursts {
  readonly #options: EditBurstOptions
  readonly #open = new Map<string, { file: RecordedFile; burst: EditBurst; timer: NodeJS.Timeout }>()

  constructor(options: EditBurstOptions) {
    this.#options = options
  }

  add(file: RecordedFile, { lines_added, lines_removed }: LineCounts): void {
    const now = new Date()
    const known = this.#open.get(file.file_path)
    clearTimeout(known?.timer)
    const burst = known?.burst ?? { edits: 0, lines_added: 0, lines_removed: 0, first: now, last: now }
    burst.edits++
    burst.lines_added += lines_added
    burst.lines_removed += lines_removed
    burst.last = now
    const { quietMs, longestMs } = this.#options
    const left = burst.first.getTime() + longestMs - now.getTime()
    const timer = setTimeout(() => this.finish(file.file_path), Math.min(quietMs, left))
    this.#open.set(file.file_path, { file, burst, timer })
  }

  /** The file’s burst is over now, where it has one. */
  finish(file_path: string): void {
    const known = this.#open.get(file_path)
    if (!known) return
    clearTimeout(known.timer)
    this.#open.delete(file_path)
    this.#options.onBurst(known.file, known.burst)
  }

  finishAll(): void {
    for (const file_path of [...this.#open.keys()]) this.finish(file_path)
  }
}
