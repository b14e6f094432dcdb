import { resolve } from 'node:path'
import type { Config } from '../../config.ts'
import { isDataDirInUse } from '../../embedded-core/data-dir-lock.ts'
import { startEmbeddedCore } from '../../embedded-core/embedded-core.ts'
import { httpUrl } from '../../http-url.ts'
import { type Finding, fault, ok } from './finding.ts'
import { line, ownWords } from './line.ts'

/** The Core that the gateway would have, and how to leave it. */
export interface OpenCore {
  finding: Finding
  /** Absent where there is none. */
  core?: NonNullable<Config['core']>
  close(): Promise<void>
}

/** Finds the Core of the settings; where they name none the embedded Core is started, on the gateway's own data. */
export async function openCore(config: Config, log: (line: string) => void): Promise<OpenCore> {
  const { core, embeddedCore } = config
  if (core) return { finding: ok(line`${core.baseUrl}`), core, close: async () => {} }
  const { dataDir, databaseUrl } = embeddedCore
  try {
    const { url, apiKey, stop } = await startEmbeddedCore({
      dataDir,
      ...(databaseUrl !== undefined && { databaseUrl }),
      holder: { pid: process.pid, role: 'the doctor' },
      log,
    })
    const finding = ok(
      databaseUrl === undefined
        ? line`embedded, its data in ${resolve(dataDir)}`
        : line`embedded, its data in PostgreSQL`,
    )
    return { finding, core: { baseUrl: url, apiKey }, close: stop }
  } catch (error) {
    return {
      finding: isDataDirInUse(error) ? heldBy(error as Error, config) : explain(error as Error),
      close: async () => {},
    }
  }
}

function heldBy({ message }: Error, config: Config): Finding {
  return fault(
    line`${message.replace(/^the embedded Core did not start: /, '')}`,
    line`Ask that gateway how it is (${httpUrl(config.host, config.port)}/readyz?verbose, if it has these settings), or stop it while the doctor looks.`,
  )
}

/** How the embedded Core's messages begin; what follows names places and repeats others' words. */
const OWN_BEGINNING = /^the embedded Core did not start: (cannot \w+ the (database|data directory) ((at|in) )?)?/

function explain({ message }: Error): Finding {
  const [own = ''] = message.match(OWN_BEGINNING) ?? []
  return fault(
    line`${ownWords(own)}${message.slice(own.length)}`,
    line`ACHILLES_DATA_DIR or EMBEDDED_CORE_DATABASE_URL say where its data are; ACHILLES_BASE_URL names another Core.`,
  )
}
