import type { Config } from '../../config.ts'
import { isLoopback } from '../../gate/loopback.ts'
import { httpUrl } from '../../http-url.ts'
import { type Finding, ok, warning } from './finding.ts'
import { line } from './line.ts'

/** What stands in the settings that the gateway takes, but that may not be meant. */
export function judgeSettings({ host, port, core, gate }: Config): Finding {
  if (core && isReadableOnTheWay(core.baseUrl)) {
    return warning(
      line`${core.baseUrl} is plain HTTP`,
      line`The key and all else can be read on the way: use https://, or be sure of the network.`,
    )
  }
  if (gate.tokens && isReadableOnTheWay(gate.tokens.jwksUrl)) {
    return warning(
      line`AUTH_JWKS_URL is plain HTTP`,
      line`Whoever is on the way can give the gateway other keys: use https://.`,
    )
  }
  return ok(line`the gateway listens on ${httpUrl(host, port)}`)
}

function isReadableOnTheWay(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname)
}
