import { resolve } from 'node:path'
import { isDataDirInUse, startEmbeddedCore } from '@achilles/embedded-core'
import { z } from 'zod'
import { apiKeysFileReader, describeUnsafeMode, parseApiKeys } from '../../auth/api-keys-file.ts'
import { type AuthSettings, protectedResource } from '../../auth/credentials.ts'
import { KEY_FETCHING } from '../../auth/issuer-keys.ts'
import { type FetchLimits, fetchJson, fetchKeySet } from '../../auth/key-set.ts'
import type { Config } from '../../config.ts'
import { httpUrl, isLoopback } from '../../http/address.ts'
import { PATHS } from '../../http/paths.ts'
import { type Check, type CheckResult, fault, line, literal, ok, warning } from './check-result.ts'
import { getFetchError } from './explain-failure.ts'

export function environmentChecks(config: Config): Check[] {
  const { apiKeysFile, tokens, publicUrl, redisUrl, ratePerMinute } = config.auth
  const checks: Check[] = [
    { name: 'settings', run: () => checkSettings(config) },
    { name: 'who may call', run: () => checkCallers(config.auth) },
  ]
  if (apiKeysFile !== undefined) checks.push({ name: 'API keys', run: () => checkApiKeys(apiKeysFile) })
  if (tokens) checks.push({ name: 'token keys', run: () => checkTokenKeys(tokens.jwksUrl) })
  if (publicUrl !== undefined) {
    checks.push({ name: 'public URL', run: () => checkPublicUrl(publicUrl, tokens !== undefined) })
  }
  if (ratePerMinute === 0) checks.push({ name: 'rate', run: () => warnOfNoRate(redisUrl) })
  else if (redisUrl !== undefined) checks.push({ name: 'Redis', run: () => checkRedis(redisUrl) })
  return checks
}

const warnOfNoRate = (redisUrl: string | undefined) =>
  warning(
    line`no rate limit (RATE_LIMIT_PER_MINUTE=0)${literal(redisUrl === undefined ? '' : ', so REDIS_URL is not used')}`,
    line`A single caller can use all of Core’s capacity.`,
  )

export interface OpenCore {
  result: CheckResult
  /** Absent if Core could not be started. */
  core?: NonNullable<Config['core']>
  close(): Promise<void>
}

/** Returns the configured Core, or starts the embedded Core on the gateway's data. */
export async function openCore(config: Config, log: (line: string) => void): Promise<OpenCore> {
  const { core, embeddedCore } = config
  if (core) return { result: ok(line`${core.baseUrl}`), core, close: async () => {} }
  const { dataDir, databaseUrl } = embeddedCore
  try {
    const { url, apiKey, stop } = await startEmbeddedCore({
      dataDir,
      databaseUrl,
      log,
    })
    const result = ok(
      databaseUrl === undefined ? line`embedded, data in ${resolve(dataDir)}` : line`embedded, data in PostgreSQL`,
    )
    return { result, core: { baseUrl: url, apiKey }, close: stop }
  } catch (error) {
    return {
      result: isDataDirInUse(error) ? explainDataDirInUse(error as Error) : explainStartFailure(error as Error),
      close: async () => {},
    }
  }
}

/** It is not in use by gateways, which share their Core with the doctor. */
function explainDataDirInUse({ message }: Error): CheckResult {
  return fault(
    line`${message.replace(/^the embedded Core did not start: /, '')}`,
    line`Set ACHILLES_BASE_URL and ACHILLES_API_KEY to use that Core, or stop that process.`,
  )
}

/** The literal part of the embedded Core's messages: the rest may come from elsewhere. */
const LITERAL_PREFIX = /^the embedded Core did not start: (cannot \w+ the (database|data directory) ((at|in) )?)?/

function explainStartFailure({ message }: Error): CheckResult {
  const [own = ''] = message.match(LITERAL_PREFIX) ?? []
  return fault(
    line`${literal(own)}${message.slice(own.length)}`,
    line`Check ACHILLES_DATA_DIR or EMBEDDED_CORE_DATABASE_URL, or set ACHILLES_BASE_URL to use another Core.`,
  )
}

async function checkApiKeys(path: string): Promise<CheckResult> {
  try {
    const { bytes, stats } = await apiKeysFileReader(path).read()
    const entries = parseApiKeys(path, bytes)
    if (entries.length === 0) return warning(line`${path} has no keys`, line`Create one: npm run -s keys -- add NAME.`)
    const tooOpen = describeUnsafeMode(path, stats)
    if (tooOpen !== undefined) {
      return warning(
        line`${tooOpen}`,
        line`Only the gateway needs to read it, and anyone who can write it can add keys: chmod 600.`,
      )
    }
    const limited = entries.filter(({ workspaces }) => workspaces).length
    return ok(line`${entries.length} in ${path}, ${limited} of them limited to workspaces`)
  } catch (error) {
    return fault(
      line`${(error as Error).message}`,
      line`The gateway does not start with this file. Its path is set by GATEWAY_API_KEYS_FILE.`,
    )
  }
}

const TIMEOUT_MS = 2_000

async function checkRedis(redisUrl: string): Promise<CheckResult> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let reason: string | undefined
  redis.on('error', (error: NodeJS.ErrnoException) => {
    reason ??= error.message || error.code
  })
  try {
    await redis.connect()
    await redis.ping()
    return ok(line`responds at ${new URL(redisUrl).host}`)
  } catch (error) {
    return fault(
      line`${new URL(redisUrl).host}: ${reason ?? (error as Error).message}`,
      line`REDIS_URL must be the URL of Redis. Without Redis each replica counts calls separately.`,
    )
  } finally {
    redis.disconnect()
  }
}

async function checkTokenKeys(jwksUrl: string): Promise<CheckResult> {
  const advice = line`AUTH_JWKS_URL must be the URL of the issuer’s JSON Web Key Set; without it no token can be verified.`
  try {
    const { keys } = await fetchKeySet(jwksUrl, KEY_FETCHING)
    if (keys.length === 0) return fault(line`${jwksUrl} has no keys`, advice)
    return ok(line`${keys.length} from the issuer (${[...new Set(keys.map(({ alg, kty }) => alg ?? kty))].join(', ')})`)
  } catch (error) {
    return fault(line`${jwksUrl}: ${getFetchError(error)}`, advice)
  }
}

const LIMITS: FetchLimits = { timeoutMs: 5_000, maxBytes: 65_536 }
const Health = z.object({ status: z.string() })
const Metadata = z.object({ resource: z.string() })

/** @param takesTokens whether a token issuer is configured: then the metadata for MCP clients is checked as well */
async function checkPublicUrl(publicUrl: string, takesTokens: boolean): Promise<CheckResult> {
  const advice = line`Start the gateway with this setting, and make the proxy in front of it forward every path.`
  try {
    if (!Health.safeParse(await fetchJson(`${publicUrl}${PATHS.rest}/health`, LIMITS)).success) {
      return fault(line`${publicUrl} is not a gateway`, advice)
    }
    if (!takesTokens) return ok(line`a gateway responds at ${publicUrl}`)
    const { url, metadataUrl } = protectedResource(publicUrl, PATHS.mcp)
    const metadata = Metadata.safeParse(await fetchJson(metadataUrl, LIMITS))
    if (metadata.data?.resource === url)
      return ok(line`a gateway responds at ${publicUrl}, and its metadata name ${url}`)
    return fault(line`${metadataUrl} names another resource than ${url}: MCP clients cannot sign in`, advice)
  } catch (error) {
    return warning(line`${publicUrl}: no gateway responds (${getFetchError(error)})`, advice)
  }
}

function checkCallers({ apiKeysFile, tokens, open }: AuthSettings): CheckResult {
  const credentials = [...(apiKeysFile === undefined ? [] : ['an API key']), ...(tokens ? ['a token'] : [])]
  if (credentials.length === 0) {
    if (!open) return ok(line`local callers only`)
    return warning(
      line`all callers (GATEWAY_AUTH=none)`,
      line`Any caller can read and write in Core. Set GATEWAY_API_KEYS_FILE or AUTH_ISSUER, or authenticate callers in front of the gateway.`,
    )
  }
  const seen = line`callers with ${literal(credentials.join(' or '))}`
  return open ? warning(seen, line`GATEWAY_AUTH=none has no effect beside credentials: remove it.`) : ok(seen)
}

/** Warns about valid settings that are probably not intended. */
function checkSettings({ host, port, core, auth }: Config): CheckResult {
  if (core && isUnencrypted(core.baseUrl)) {
    return warning(
      line`${core.baseUrl} is plain HTTP`,
      line`The key and all data are sent unencrypted: use https://, unless the network is trusted.`,
    )
  }
  if (auth.tokens && isUnencrypted(auth.tokens.jwksUrl)) {
    return warning(line`AUTH_JWKS_URL is plain HTTP`, line`The keys can be replaced in transit: use https://.`)
  }
  if (auth.tokens && auth.publicUrl === undefined && !isLoopback(host)) {
    return warning(
      line`PUBLIC_URL is not set`,
      line`Behind TLS the metadata for MCP clients then name http://, and MCP clients cannot sign in: set it to the URL that callers use.`,
    )
  }
  if (auth.publicUrl !== undefined && isUnencrypted(auth.publicUrl)) {
    return warning(
      line`PUBLIC_URL is plain HTTP`,
      line`MCP clients sign in over https:// only, and keys are sent unencrypted.`,
    )
  }
  return ok(line`the gateway listens on ${httpUrl(host, port)}`)
}

function isUnencrypted(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname)
}
