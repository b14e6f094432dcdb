/** What starts a program: the executable and its first arguments, all absolute. */
export type Program = readonly string[]

/** The name in hooks by which their own entries are recognized, whatever version or path wrote them. */
export const isOwnCommand = (command: unknown, source: string): boolean =>
  typeof command === 'string' && new RegExp(`achilles\\b.{0,40}\\bhook ${source}(?:$|\\s)`).test(command)

/** For a POSIX shell. */
export const toShellCommand = (program: Program, ...args: string[]): string =>
  [...program, ...args].map(quoteForShell).join(' ')

/** For PowerShell, which starts a quoted program only with `&`. */
export const toPowerShellCommand = (program: Program, ...args: string[]): string =>
  `& ${[...program, ...args].map((word) => (isPlain(word) ? word : `'${word.replaceAll("'", "''")}'`)).join(' ')}`

/** For the shell that a tool uses on this system: cmd on Windows. */
export const toNativeCommand = (program: Program, ...args: string[]): string =>
  process.platform === 'win32'
    ? [...program, ...args].map((word) => (isPlain(word) ? word : `"${word}"`)).join(' ')
    : toShellCommand(program, ...args)

const isPlain = (word: string): boolean => /^[A-Za-z0-9_./:@%+,=-]+$/.test(word)

const quoteForShell = (word: string): string => (isPlain(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
