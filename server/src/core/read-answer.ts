import { isDeeperThan, MAX_JSON_DEPTH, parseJson } from '@achilles/mcp-contract'
import { GatewayError } from '../problem/gateway-error.ts'
import type { CoreAnswer } from './core-call.ts'

/** @throws GatewayError `CORE_CONTRACT_VIOLATION` where the bytes are not JSON, or nested too deep. */
export function readAnswer(bytes: Buffer): CoreAnswer {
  let value: unknown
  try {
    value = parseJson(bytes.toString('utf8'), { decimals: 'nearest' })
  } catch (error) {
    throw new GatewayError('CORE_CONTRACT_VIOLATION', 'Core’s answer is not JSON.', { cause: error })
  }
  if (isDeeperThan(value, 2 * MAX_JSON_DEPTH)) {
    throw new GatewayError('CORE_CONTRACT_VIOLATION', `Core’s answer nests deeper than ${2 * MAX_JSON_DEPTH} levels.`)
  }
  return { value, bytes }
}
