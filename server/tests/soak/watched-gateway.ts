import { type GatewayProcess, startGatewayProcess } from '../gateway-process.ts'
import type { ProcessSample } from './process-sample.ts'

const SAMPLER = new URL('./sample-on-request.ts', import.meta.url).href

/** A gateway in a process of its own that tells how it is. */
export interface WatchedGateway extends GatewayProcess {
  /** Collects its garbage and looks. Rejects where it ends instead. */
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
