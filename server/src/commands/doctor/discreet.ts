import type { Config } from '../../config.ts'

const LONGEST = 500

/** Makes text fit to be shown: no secret of the settings' in it, whoever repeated it, no control character, not endless. */
export function discreet({ core, gate, embeddedCore }: Config): (text: string) => string {
  const urls = [gate.redisUrl, gate.tokens?.jwksUrl, embeddedCore.databaseUrl]
  const secrets = [core?.apiKey, ...urls.flatMap((url) => (url === undefined ? [] : secretsOf(url)))]
  const told = secrets.filter((secret) => secret !== undefined && secret !== '') as string[]
  return (text) => {
    const hidden = told.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    const plain = hidden.replace(/\p{C}+/gu, ' ')
    return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain
  }
}

/** The password in a URL, as it is written there and as it is meant. */
function secretsOf(url: string): string[] {
  const { password } = new URL(url)
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}
