export interface Command {
  file: string
  args: string[]
  /** The whole environment of the process, beside `PATH`: it does not inherit the bench's. */
  env: Record<string, string>
  /** @default that of the bench */
  cwd?: string
}
