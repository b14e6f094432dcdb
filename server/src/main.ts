#!/usr/bin/env node
import './runtime/v8-flags.ts'
import { Command, Option } from 'commander'
import { version } from './version.ts'

const WRONG_USAGE = 2

const program = new Command('achilles-mcp-gateway')
  .description('The gateway between IDE extensions or agents and Achilles Core. Without a command it starts.')
  .version(version)
  .showHelpAfterError('Run it with --help for usage.')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USAGE))

/** A command with `--version`, which help lists once. */
const command = (parent: Command, name: string, description: string) =>
  parent.command(name).description(description).version(version)

const ENV_FILE = ['--env-file <path>', 'a file with settings, read instead of .env'] as const

command(program, 'start', 'starts the gateway; settings are environment variables')
  .option('--stdio', 'speaks MCP on standard input and output, for an agent, instead of listening')
  .addOption(
    new Option('--tools <set>', 'the tools that the agent gets: --stdio only; over HTTP it is /mcp?tools=')
      .choices(['all', 'read', 'record'])
      .implies({ stdio: true }),
  )
  .option(...ENV_FILE)
  .action(async (options) => (await import('./commands/start.ts')).start(options))

command(program, 'doctor', 'checks Core and the environment with the gateway’s settings; exit code 1: a fault')
  .option(...ENV_FILE)
  .action(async (options) => (await import('./commands/doctor/run-doctor.ts')).doctor(options))

command(program, 'core', 'starts an embedded Core that several gateways can share')
  .option(...ENV_FILE)
  .action(async (options) => (await import('./commands/core.ts')).core(options))

const keys = command(
  program,
  'keys',
  'manages the keys in GATEWAY_API_KEYS_FILE; a running gateway reads changes within seconds',
)
command(keys, 'add <name>', 'creates a key and prints it once; the file stores only its hash')
  .option('--workspace <id>', 'limits the key to this workspace; may be repeated', (id, ids: string[] = []) => [
    ...ids,
    id,
  ])
  .option(...ENV_FILE)
  .action(async (name, options, command) => (await import('./commands/keys.ts')).addKey(name, options, command))
command(keys, 'list', 'lists the keys and their workspaces')
  .option(...ENV_FILE)
  .action(async (options) => (await import('./commands/keys.ts')).listKeys(options))
command(keys, 'remove <name>', 'deletes a key')
  .option(...ENV_FILE)
  .action(async (name, options) => (await import('./commands/keys.ts')).removeKey(name, options))

const [first] = process.argv.slice(2)
const startsGateway = first === undefined || (first.startsWith('-') && !/^(-h|--help|-V|--version)$/.test(first))

try {
  await program.parseAsync([...(startsGateway ? ['start'] : []), ...process.argv.slice(2)], { from: 'user' })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
