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
  if (gate.tokens && gate.publicUrl === undefined && !isLoopback(host)) {
    return warning(
      line`PUBLIC_URL is not set`,
      line`Behind TLS the metadata for MCP clients then name http://, and they refuse to sign in: set it to the URL that callers use.`,
    )
  }
  if (gate.publicUrl !== undefined && isReadableOnTheWay(gate.publicUrl)) {
    return warning(
      line`PUBLIC_URL is plain HTTP`,
      line`MCP clients sign in over https:// alone, and keys can be read on the way.`,
    )
  }
  return ok(line`the gateway listens on ${httpUrl(host, port)}`)
}

function isReadableOnTheWay(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname)
}
