import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installFormerVersion } from '../../../server/tests/support/former-version.ts'
import { type GatewayProcess, startGatewayProcess } from '../../../server/tests/support/gateway-process.ts'
import { createTemporaryDatabase } from '../support/temporary-database.ts'
import { expectReads, type History, sendTo, writeHistory } from './history.ts'
import { type MarkedProcesses, markProcesses } from './marked-processes.ts'
import { type Rows, readPgliteRows, readPostgresRows } from './rows.ts'

const WITHOUT_LIMIT = { RATE_LIMIT_PER_MINUTE: '1000000' }

/** Where an embedded Core keeps its data: a data directory or a PostgreSQL database. */
export interface DataCopy {
  settings: Record<string, string>
  readRows(former?: Rows): Promise<Rows>
  remove(): Promise<void>
}

/** What a gateway of the former version wrote, and a way to copy it. */
export interface FormerData {
  history: History
  rows: Rows
  /** Where it wrote, for `copy` alone. */
  original: DataCopy
  copy(): Promise<DataCopy>
}

/** Fills a new data directory through a gateway of the former version, which it stops. */
export async function writeFormerPglite(): Promise<FormerData> {
  const original = await newDataDir()
  return {
    ...(await fill(original)),
    original,
    async copy() {
      const copy = await newDataDir()
      await cp(getDataDir(original), getDataDir(copy), { recursive: true, preserveTimestamps: true })
      return copy
    },
  }
}

/** Fills a new database of the server in the same way. */
export async function writeFormerPostgres(serverUrl: string): Promise<FormerData> {
  const newDatabase = async (template?: string): Promise<DataCopy> => {
    const { url, drop } = await createTemporaryDatabase(serverUrl, template)
    return {
      settings: { EMBEDDED_CORE_DATABASE_URL: url },
      readRows: (former) => readPostgresRows(url, former),
      remove: drop,
    }
  }
  const original = await newDatabase()
  return { ...(await fill(original)), original, copy: () => newDatabase(getDatabaseUrl(original)) }
}

export const getDataDir = ({ settings }: DataCopy): string => settings.ACHILLES_DATA_DIR ?? ''

export const getDatabaseUrl = ({ settings }: DataCopy): string => settings.EMBEDDED_CORE_DATABASE_URL ?? ''

/** A gateway and its embedded Core. */
export interface Started extends GatewayProcess {
  marked: MarkedProcesses
  /** Stops both with SIGTERM. */
  stop(): Promise<number | null>
}

interface StartOptions {
  /** The folder of another version. */
  root?: string
  marked?: MarkedProcesses
}

/** Starts a gateway on the data as users do. @throws Error if it ends before it listens. */
export async function startOn(
  { settings }: DataCopy,
  { root, marked = markProcesses() }: StartOptions = {},
): Promise<Started> {
  const gateway = await startGatewayProcess(
    { ...WITHOUT_LIMIT, ...settings, ...marked.environment },
    { cwd: tmpdir(), ...(root !== undefined && { root }) },
  )
  return {
    ...gateway,
    marked,
    async stop() {
      gateway.process.kill('SIGTERM')
      const code = await gateway.ended
      await marked.ended()
      return code
    },
  }
}

async function newDataDir(): Promise<DataCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'achilles-upgrade-'))
  const dataDir = join(folder, 'data')
  return {
    settings: { ACHILLES_DATA_DIR: dataDir },
    readRows: (former) => readPgliteRows(dataDir, former),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function fill(data: DataCopy): Promise<{ history: History; rows: Rows }> {
  const gateway = await startOn(data, { root: await installFormerVersion() })
  const send = sendTo(gateway.url)
  const history = await writeHistory(send)
  await expectReads(send, history)
  await gateway.stop()
  return { history, rows: await data.readRows() }
}
