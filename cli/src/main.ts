import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ID } from '@achilles/mcp-contract'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { CONNECTABLE, type ConnectOptions, connect, disconnect } from './commands/connect.ts'
import { formatStatus, getStatus } from './commands/get-status.ts'
import { type RecordOptions, record } from './commands/record.ts'
import { send } from './commands/send.ts'
import { getFolders } from './state/folders.ts'
import { version } from './version.ts'

const WRONG_USAGE = 2
const env = process.env
const cwd = process.cwd()
const folders = getFolders(env)
const print = (line: string) => void process.stdout.write(`${line}\n`)
/** The file that the package's `bin` names. */
const entry = realpathSync(process.argv[1] ?? '')

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError('It must be an http or https URL.')
  if (url.username || url.password)
    throw new InvalidArgumentError('It must have no credentials: --key-file takes those.')
  return text
}

function parseId(text: string): string {
  if (!ID.pattern.test(text)) throw new InvalidArgumentError(`It ${ID.message}.`)
  return text
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds <= 86_400))
    throw new InvalidArgumentError('It must be a number of seconds, at most 86400.')
  return seconds
}

const gateway = () => new Option('--gateway <url>', 'the gateway; by default http://127.0.0.1:8080').argParser(parseUrl)
const workspace = () =>
  new Option('--workspace <id>', 'by default owner/name of the remote "origin", else the name of the folder').argParser(
    parseId,
  )
const user = () =>
  new Option(
    '--user <id>',
    'by default whom the agent reports, else git’s user.email, else the system’s user',
  ).argParser(parseId)

const program = new Command('achilles')
  .description('Records what coding agents, git and scripts do, through the Achilles MCP Gateway.')
  .version(version)
  .showHelpAfterError('Run it with --help for usage.')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USAGE))

program
  .command('connect')
  .description('writes hooks into the settings of an agent, or into the git repository of this folder')
  .addArgument(new Argument('<source>').choices(CONNECTABLE))
  .addOption(gateway())
  .addOption(workspace())
  .addOption(user())
  .option('--content', 'records prompts, tool inputs and outputs too, without the secrets that are recognized')
  .option('--no-content', 'does not; the default')
  .option('--key-file <path>', 'a file with the gateway’s API key; otherwise ACHILLES_GATEWAY_KEY is used')
  .addOption(
    new Option('--channel <channel>', 'by hooks, by the agent’s OpenTelemetry export, or by both')
      .choices(['hook', 'otlp', 'both'])
      .default('hook'),
  )
  .option('--print', 'prints the settings instead of writing them')
  .action((source: string, options: ConnectOptions) =>
    connect(source, options, { folders, env, cwd, print, program: [process.execPath, entry] }),
  )

program
  .command('disconnect')
  .description('restores the settings that connect has changed')
  .addArgument(new Argument('<source>').choices(CONNECTABLE))
  .option('--all', 'git: restores the hooks of every repository, not only of this folder’s')
  .action((source: string, options: { all?: boolean }) => disconnect(source, options, { folders, cwd, print }))

program
  .command('status')
  .description('reports sessions, what is pending, the last error, and where the files are')
  .option('--json', 'as JSON')
  .action(({ json }: { json?: boolean }) => {
    const status = getStatus(folders)
    print(json ? JSON.stringify(status, null, 2) : formatStatus(status))
  })

program
  .command('send')
  .description('sends what is pending now; exit code 1: something is left')
  .addOption(new Option('--timeout <seconds>', 'how long to try').argParser(parseSeconds).default(30))
  .action(async ({ timeout }: { timeout: number }) => {
    const log = (message: string) => void process.stderr.write(`${message}\n`)
    const { pending, lastError } = await send(timeout * 1000, { folders, env, log })
    print(pending === 0 ? 'everything is sent' : `${pending} pending${lastError ? `: ${lastError.message}` : ''}`)
    process.exit(pending === 0 ? 0 : 1)
  })

program
  .command('record')
  .description('records one event, for scripts and CI; prints its id')
  .argument('<event_type>', 'e.g. build_run, test_run, custom')
  .option('--payload <json>', 'a JSON object with details of the event')
  .addOption(
    new Option(
      '--session <key>',
      'by default ACHILLES_SESSION, the run of the CI system, or the repository and the day',
    ).argParser(parseId),
  )
  .option('--file <path>', 'the file that the event is about')
  .option('--language <name>', 'the language of the file')
  .option('--duration <ms>', 'in milliseconds')
  .addOption(new Option('--event-id <id>', 'makes it safe to record the event again').argParser(parseId))
  .addOption(
    new Option('--end <status>', 'ends the session after this event').choices(['completed', 'failed', 'abandoned']),
  )
  .addOption(gateway())
  .addOption(workspace())
  .addOption(user())
  .action((eventType: string, options: RecordOptions) =>
    print(record(eventType, options, { folders, env, cwd, senderFile: join(dirname(entry), 'sender.js') })),
  )

program
  .command('hook')
  .description('reads one report of an agent on standard input; called by the hooks that connect writes')
  .argument('<source>')

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
