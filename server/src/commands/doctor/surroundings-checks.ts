import type { Config } from '../../config.ts'
import { checkApiKeys } from './check-api-keys.ts'
import { checkPublicUrl } from './check-public-url.ts'
import { checkRedis } from './check-redis.ts'
import { checkTokenKeys } from './check-token-keys.ts'
import { type Check, warning } from './finding.ts'
import { judgeCallers } from './judge-callers.ts'
import { judgeSettings } from './judge-settings.ts'
import { line, ownWords } from './line.ts'

/** Whether what the gateway has around it, Core aside, is as it must be; only what is configured is looked at. */
export function surroundingsChecks(config: Config): Check[] {
  const { apiKeysFile, tokens, publicUrl, redisUrl, ratePerMinute } = config.gate
  const checks: Check[] = [
    { name: 'settings', run: () => judgeSettings(config) },
    { name: 'who may call', run: () => judgeCallers(config.gate) },
  ]
  if (apiKeysFile !== undefined) checks.push({ name: 'API keys', run: () => checkApiKeys(apiKeysFile) })
  if (tokens) checks.push({ name: 'token keys', run: () => checkTokenKeys(tokens.jwksUrl) })
  if (publicUrl !== undefined) {
    checks.push({ name: 'public URL', run: () => checkPublicUrl(publicUrl, tokens !== undefined) })
  }
  if (ratePerMinute === 0) checks.push({ name: 'rate', run: () => judgeNoRate(redisUrl) })
  else if (redisUrl !== undefined) checks.push({ name: 'Redis', run: () => checkRedis(redisUrl) })
  return checks
}

const judgeNoRate = (redisUrl: string | undefined) =>
  warning(
    line`callers have none (RATE_LIMIT_PER_MINUTE=0)${ownWords(redisUrl === undefined ? '' : ', so REDIS_URL is not used')}`,
    line`One caller can take all that Core has to give.`,
  )
