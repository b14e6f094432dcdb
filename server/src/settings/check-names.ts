import { editDistance } from './edit-distance.ts'
import type { Environment } from './read-env-file.ts'

/** What a variable begins with that can only be meant for Achilles. */
const OURS = /^(ACHILLES|GATEWAY|EMBEDDED_CORE|AUTH)_/

/** Read by the examples of this project, which callers may share an environment with. */
const CLIENTS = ['GATEWAY_URL', 'GATEWAY_KEY', 'GATEWAY_API_KEY', 'ACHILLES_GATEWAY_KEY']

/** RFC 3875 (CGI), and OpenTelemetry's settings of log records, which are named much like those of spans. */
const OTHERS = /^(GATEWAY_INTERFACE|AUTH_TYPE|OTEL_BLRP_\w+)$/

/** What Kubernetes and Docker set for each service of a namespace. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/
const SERVICE_LINK_URL = /^(tcp|udp|sctp):\/\//

/** Names of fewer letters are near too many words. */
const MIN_LETTERS = 6
const MAX_DISTANCE = 2

/**
 * One fault for each variable that is set and looks like a setting, but is none: it begins as Achilles' settings do, or
 * is within two letters of a known name.
 * @param known every name that some process of this project reads
 */
export function checkNames(environment: Readonly<Environment>, known: readonly string[]): string[] {
  const ours = new Set([...known, ...CLIENTS])
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!value || ours.has(name) || isOfOthers(name, value)) return []
    const { nearest, distance } = findNearest(name, known)
    const isNear = distance <= maxDistance(name, nearest)
    if (!OURS.test(name) && !isNear) return []
    const guess = isNear || distance <= name.length / 3 ? `; ${nearest} was probably meant` : ''
    return [`${name}: is not a setting${guess}. If it belongs to another program, unset it for this one`]
  })
}

function isOfOthers(name: string, value: string): boolean {
  if (OTHERS.test(name) || SERVICE_LINK.test(name)) return true
  return name.endsWith('_PORT') && SERVICE_LINK_URL.test(value)
}

/** Other programs have hosts and ports too: NODE_PORT is not CORE_PORT. */
function maxDistance(name: string, nearest: string): number {
  if (nearest.length < MIN_LETTERS) return 0
  const [, kind] = nearest.match(/(_HOST|_PORT)$/) ?? []
  return kind !== undefined && name.endsWith(kind) ? 1 : MAX_DISTANCE
}

function findNearest(name: string, known: readonly string[]): { nearest: string; distance: number } {
  let [nearest, distance] = ['', Number.POSITIVE_INFINITY]
  for (const one of known) {
    const whole = editDistance(name.toUpperCase(), one)
    // GATEWAY_PORT is meant to be PORT, ACHILLES_API_KEYS_FILE to be GATEWAY_API_KEYS_FILE.
    const bare = OURS.test(name) ? bareDistance(name.replace(OURS, ''), one.replace(OURS, '')) : whole
    if (Math.min(whole, bare) < distance) [nearest, distance] = [one, Math.min(whole, bare)]
  }
  return { nearest, distance }
}

function bareDistance(name: string, known: string): number {
  const distance = editDistance(name, known)
  return distance <= Math.min(MAX_DISTANCE, name.length / 3) ? 1 + distance : Number.POSITIVE_INFINITY
}
