import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import type { ProcessSample } from './process-sample.ts'

const SAMPLER = new URL('./sample-on-request.ts', import.meta.url).href

/** A gateway in a child process whose state can be sampled. */
export interface WatchedGateway extends GatewayProcess {
  /** Runs a garbage collection and takes a sample. Rejects if the gateway ends instead. */
  sample(): Promise<ProcessSample>
}

export async function startWatchedGateway(settings: Record<string, string>): Promise<WatchedGateway> {
  const nodeArgs = ['--expose-gc', '--import', SAMPLER]
  const gateway = await startGatewayProcess(settings, { nodeArgs, ipc: true })
  const { process: child, ended } = gateway
  return {
    ...gateway,
    async sample() {
      const asked = new Promise<ProcessSample>((resolve) => child.once('message', resolve))
      child.send('sample')
      const gone = ended.then((code): never => {
        throw new Error(`the gateway ended on its own (exit code ${code})`)
      })
      return Promise.race([asked, gone])
    },
  }
}
