import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { parseEnv } from 'node:util'

export type Environment = Record<string, string | undefined>

export interface EnvFileOptions {
  /** The value of `--env-file`; the file must exist. */
  named?: string | undefined
  /** Read if no file is named; may be missing. */
  fallback?: string | undefined
}

export class EnvFileError extends Error {
  override readonly name = 'EnvFileError'
}

/**
 * Variables that are set already win, as with Node's `--env-file`.
 * @throws EnvFileError if a named file is missing, or a file is not readable UTF-8.
 */
export function readEnvFile(environment: Environment, { named, fallback }: EnvFileOptions): void {
  const path = named ?? fallback
  if (path === undefined) return
  const text = readText(path, named === undefined)
  for (const [name, value] of Object.entries(parseEnv(text))) environment[name] ??= value
}

function readText(path: string, mayBeMissing: boolean): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && mayBeMissing) return ''
    throw new EnvFileError(`${path || '--env-file'}: cannot be read (${code})`)
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch {}
  throw new EnvFileError(`${path}: is not UTF-8 text; an editor may have saved it as UTF-16`)
}

/** Outside the working directory: agents run in cloned repositories, which must neither contain nor commit the data. */
export function stdioDataDir(
  environment: Readonly<Environment>,
  { workingDir = process.cwd(), home = homedir(), platform = process.platform } = {},
): string {
  const hash = createHash('sha256').update(workingDir).digest('hex').slice(0, 12)
  const name = basename(workingDir).replace(/[^\w.-]/g, '_')
  return join(userData(environment, home, platform), 'achilles', `${name}-${hash}`)
}

function userData({ XDG_DATA_HOME, LOCALAPPDATA }: Readonly<Environment>, home: string, platform: NodeJS.Platform) {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support')
  if (platform === 'win32') return LOCALAPPDATA || join(home, 'AppData', 'Local')
  return XDG_DATA_HOME || join(home, '.local', 'share')
}

const OWN_PREFIX = /^(ACHILLES|GATEWAY|EMBEDDED_CORE|AUTH)_/

/** Used by this project's examples, which may share the environment. */
const CLIENTS = ['GATEWAY_URL', 'GATEWAY_KEY', 'GATEWAY_API_KEY', 'ACHILLES_GATEWAY_KEY']

/** From CGI (RFC 3875), and OpenTelemetry's log settings, whose names resemble those for spans. */
const OTHERS = /^(GATEWAY_INTERFACE|AUTH_TYPE|OTEL_BLRP_\w+)$/

/** Set by Kubernetes and Docker for each service. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/
const SERVICE_LINK_URL = /^(tcp|udp|sctp):\/\//

/** Shorter names resemble too many words. */
const MIN_LETTERS = 6
const MAX_DISTANCE = 2

/**
 * Reports unknown variables that have a prefix of this project, or an edit distance of at most two to a known name.
 * @param known the names that any process of this project reads
 */
export function checkNames(environment: Readonly<Environment>, known: readonly string[]): string[] {
  const ours = new Set([...known, ...CLIENTS])
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!value || ours.has(name) || belongsToOtherProgram(name, value)) return []
    const { nearest, distance } = findNearest(name, known)
    const isNear = distance <= maxDistance(name, nearest)
    if (!OWN_PREFIX.test(name) && !isNear) return []
    const guess = isNear || distance <= name.length / 3 ? `; did you mean ${nearest}?` : ''
    return [`${name}: is not a setting${guess || '.'} If it belongs to another program, unset it for this one`]
  })
}

function belongsToOtherProgram(name: string, value: string): boolean {
  if (OTHERS.test(name) || SERVICE_LINK.test(name)) return true
  return name.endsWith('_PORT') && SERVICE_LINK_URL.test(value)
}

/** Stricter for hosts and ports, which other programs have too: NODE_PORT is not CORE_PORT. */
function maxDistance(name: string, nearest: string): number {
  if (nearest.length < MIN_LETTERS) return 0
  const [, kind] = nearest.match(/(_HOST|_PORT)$/) ?? []
  return kind !== undefined && name.endsWith(kind) ? 1 : MAX_DISTANCE
}

function findNearest(name: string, known: readonly string[]): { nearest: string; distance: number } {
  let [nearest, distance] = ['', Number.POSITIVE_INFINITY]
  const isOwn = OWN_PREFIX.test(name)
  for (const one of known) {
    // The distance is at least the difference in length. Only a near one is reported, unless the name has our prefix.
    if (!isOwn && Math.abs(one.length - name.length) > MAX_DISTANCE) continue
    const whole = editDistance(name.toUpperCase(), one)
    // Without the prefix: GATEWAY_PORT means PORT, ACHILLES_API_KEYS_FILE means GATEWAY_API_KEYS_FILE.
    const bare = isOwn ? bareDistance(name.replace(OWN_PREFIX, ''), one.replace(OWN_PREFIX, '')) : whole
    if (Math.min(whole, bare) < distance) [nearest, distance] = [one, Math.min(whole, bare)]
  }
  return { nearest, distance }
}

function bareDistance(name: string, known: string): number {
  const distance = editDistance(name, known)
  return distance <= Math.min(MAX_DISTANCE, name.length / 3) ? 1 + distance : Number.POSITIVE_INFINITY
}

/** The Damerau–Levenshtein distance (optimal string alignment). */
export function editDistance(from: string, to: string): number {
  let [beforeLast, last] = [[] as number[], Array.from({ length: to.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = from[i - 1] === to[j - 1] ? 0 : 1
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      row[j] = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + change,
        isSwap ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    ;[beforeLast, last] = [last, row]
  }
  return at(last, to.length)
}

const at = (row: readonly number[], index: number) => row[index] ?? Number.POSITIVE_INFINITY
