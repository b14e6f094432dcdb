/** How a process is started. */
export interface Command {
  file: string
  args: string[]
  /** All that it finds in its environment, beside `PATH`: nothing of the bench's own slips in. */
  env: Record<string, string>
  /** @default that of the bench */
  cwd?: string
}
