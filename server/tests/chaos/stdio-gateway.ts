import type { Problem } from '@achilles/mcp-contract'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { toolOf } from '../support/tool-calls.ts'
import { ROOT } from './killable-gateway.ts'
import { NotAcknowledged, type Sender, unacknowledged } from './senders.ts'

/** A gateway on standard input and output with the official client, as an agent starts it. It can be killed and restarted. */
export class StdioGateway implements Sender {
  readonly #dataDir: string
  #client: Promise<Client> | undefined
  #transport: StdioClientTransport | undefined

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  /** Starts it and returns at once. */
  start(): void {
    this.#transport = new StdioClientTransport({
      command: process.execPath,
      args: ['--import', 'tsx', 'server/src/main.ts', '--stdio'],
      cwd: ROOT,
      env: { ACHILLES_DATA_DIR: this.#dataDir, LOG_LEVEL: 'warn' },
      stderr: 'ignore',
    })
    const client = new Client({ name: 'chaos', version: '1' })
    this.#client = client.connect(this.#transport).then(() => client)
    // A call reports it.
    this.#client.catch(() => {})
  }

  /** Kills it with SIGKILL and resolves when it has exited. */
  async kill(): Promise<void> {
    const { pid } = this.#transport ?? {}
    if (pid) process.kill(pid, 'SIGKILL')
    await this.stop()
  }

  /** Ends it as the client does, by closing its input. */
  async stop(): Promise<void> {
    await this.#transport?.close()
  }

  createSession: Sender['createSession'] = (session) => this.#call('sessions.create', session)
  sendBatch: Sender['sendBatch'] = (batch) => this.#call('signals.ingestBatch', batch)

  async #call<Answer>(operation: string, input: object): Promise<Answer> {
    const result = await this.#callTool(operation, input).catch((cause) => {
      throw new NotAcknowledged('no answer', { cause })
    })
    if (result.isError) throw unacknowledged(result.structuredContent as unknown as Problem)
    return result.structuredContent as Answer
  }

  async #callTool(operation: string, input: object) {
    const client = await this.#client
    if (!client) throw new Error('the gateway is not running')
    return client.callTool({ name: toolOf(operation), arguments: { ...input } })
  }
}
