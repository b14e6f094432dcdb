import type { GateSettings } from '../../gate/gate-settings.ts'
import { type Finding, ok, warning } from './finding.ts'
import { line, ownWords } from './line.ts'

/** Who may call the gateway, by its settings. */
export function judgeCallers({ apiKeysFile, tokens, open }: GateSettings): Finding {
  const credentials = [...(apiKeysFile === undefined ? [] : ['an API key']), ...(tokens ? ['a token'] : [])]
  if (credentials.length === 0) {
    if (!open) return ok(line`local callers alone`)
    return warning(
      line`everyone who reaches the gateway (GATEWAY_AUTH=none)`,
      line`Whoever calls acts on Core. Name GATEWAY_API_KEYS_FILE or AUTH_ISSUER, or be sure that something in front asks who calls.`,
    )
  }
  const seen = line`holders of ${ownWords(credentials.join(' or '))}`
  return open ? warning(seen, line`GATEWAY_AUTH=none changes nothing beside them: take it away.`) : ok(seen)
}
