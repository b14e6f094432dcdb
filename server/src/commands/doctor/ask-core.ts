import { OwnSignal } from '../../call-signal.ts'
import type { Config } from '../../config.ts'
import { openServices } from '../../open-services.ts'
import { appRouter } from '../../procedures/router.ts'
import { createLog } from '../../telemetry/log.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { RequestRecord } from '../../telemetry/request-record.ts'

/** Where Core is, the key it wants, and the time it has. */
export interface CoreAccess {
  core: NonNullable<Config['core']>
  link: Config['link']
}

/** The gateway's procedures, to be called without HTTP. */
export type Procedures = ReturnType<typeof appRouter.createCaller>

/**
 * Asks Core by the gateway's own procedures: the same call, the answer held to the same schema. One attempt over a link
 * of its own, so that no retry and no circuit hides what Core does, and nothing of the answer is changed.
 * @throws GatewayError as the procedures do.
 */
export async function askCore<Answer>(
  { core, link }: CoreAccess,
  requestId: string,
  ask: (procedures: Procedures) => Promise<Answer>,
): Promise<Answer> {
  const config = { link: { ...link, maxRetries: 0 }, maxBodyBytes: Number.MAX_SAFE_INTEGER }
  // Nobody but the doctor tells what it sees.
  const telemetry = { log: createLog('silent', { write() {} }), metrics: createMetrics(), tracing: undefined }
  const { services, close } = openServices(config, core, telemetry)
  const record = new RequestRecord(telemetry, { surface: 'other', requestId, trace: {} })
  const inbound = { requestId, record, principal: { name: 'doctor' }, headers: {}, calls: 1, hangUp: new OwnSignal() }
  try {
    return await ask(appRouter.createCaller({ services, inbound, writtenInput: undefined, onAnswer: undefined }))
  } finally {
    close()
  }
}
