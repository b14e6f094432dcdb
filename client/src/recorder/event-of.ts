import { type MCPEvent, parseJson } from '@achilles/mcp-contract'
import type { SpooledEvent } from '../spool/spool.ts'

/** The event that a spool keeps as JSON. */
export const eventOf = ({ json }: SpooledEvent): MCPEvent => parseJson(json, { decimals: 'nearest' }) as MCPEvent
