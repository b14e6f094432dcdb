import { z } from 'zod'
import { type FetchLimits, fetchJson } from '../../gate/fetch-json.ts'
import { MCP_PATH, protectedResource } from '../../gate/protected-resource.ts'
import { REST_BASE } from '../../surfaces/rest/routes.ts'
import { type Finding, fault, ok, warning } from './finding.ts'
import { line } from './line.ts'
import { reasonOf } from './reason-of.ts'

const LIMITS: FetchLimits = { timeoutMs: 5_000, maxBytes: 65_536 }
const Health = z.object({ status: z.string() })
const Metadata = z.object({ resource: z.string() })

/**
 * Whether callers who use `PUBLIC_URL` reach a gateway, and MCP clients find there who issues its tokens.
 * @param takesTokens whether a token issuer is configured
 */
export async function checkPublicUrl(publicUrl: string, takesTokens: boolean): Promise<Finding> {
  const advice = line`Start the gateway with this setting, and let the proxy in front of it pass every path on.`
  try {
    if (!Health.safeParse(await fetchJson(`${publicUrl}${REST_BASE}/health`, LIMITS)).success) {
      return fault(line`${publicUrl} is no gateway`, advice)
    }
    if (!takesTokens) return ok(line`a gateway responds at ${publicUrl}`)
    const { url, metadataUrl } = protectedResource(publicUrl, MCP_PATH)
    const metadata = Metadata.safeParse(await fetchJson(metadataUrl, LIMITS))
    if (metadata.data?.resource === url)
      return ok(line`a gateway responds at ${publicUrl}, and its metadata name ${url}`)
    return fault(line`${metadataUrl} names another resource than ${url}: MCP clients refuse to sign in`, advice)
  } catch (error) {
    return warning(line`${publicUrl}: no gateway responds (${reasonOf(error)})`, advice)
  }
}
