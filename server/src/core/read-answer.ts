import { isDeeperThan, MAX_JSON_DEPTH, parseJson } from '@achilles/mcp-contract'
import { GatewayError } from '../problem/gateway-error.ts'
import type { CoreAnswer } from './core-call.ts'
import { NotJsonError } from './core-error.ts'

/** @throws GatewayError `BAD_GATEWAY` where the bytes are not JSON, `CORE_CONTRACT_VIOLATION` where nested too deep. */
export function readAnswer(bytes: Buffer): CoreAnswer {
  let value: unknown
  try {
    value = parseJson(bytes.toString('utf8'), { decimals: 'nearest' })
  } catch (error) {
    throw new NotJsonError(undefined, error)
  }
  if (isDeeperThan(value, 2 * MAX_JSON_DEPTH)) {
    throw new GatewayError('CORE_CONTRACT_VIOLATION', `Core’s answer nests deeper than ${2 * MAX_JSON_DEPTH} levels.`)
  }
  return { value, bytes }
}
