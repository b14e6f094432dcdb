import { join } from 'node:path'
import { parse, patch } from '@decimalturn/toml-patch'
import type { Environment } from '../state/folders.ts'
import { JsonSettings, SettingsError } from './json-settings.ts'

/** Where telemetry goes, and whose it is: it has no folder from which that could be found. */
export interface OtlpTarget {
  gateway: string
  workspace: string
  user?: string
  /** Whether the agent's hooks are connected too. */
  besideHooks: boolean
}

/** An agent whose telemetry is switched on by a settings file. */
interface OtlpSettings {
  getFile(env: Environment, home: string): string
  /** @throws SettingsError */
  add(text: string, file: string, target: OtlpTarget): string
  /** Removes what `add` has set. @throws SettingsError */
  remove(text: string, file: string): string
}

const toHeaders = ({ workspace, user, besideHooks }: OtlpTarget): Record<string, string> => ({
  'x-achilles-workspace': workspace,
  ...(user !== undefined && { 'x-achilles-user': user }),
  ...(besideHooks && { 'x-achilles-hooks': 'true' }),
})

/** The variables of OpenTelemetry's exporters. */
const toVariables = (target: OtlpTarget): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: target.gateway,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_EXPORTER_OTLP_HEADERS: Object.entries(toHeaders(target))
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join(','),
})

const CLAUDE_CODE = { CLAUDE_CODE_ENABLE_TELEMETRY: '1', OTEL_LOGS_EXPORTER: 'otlp' }

/** The variables of agents that have telemetry, but no settings for the headers. */
export function toAgentVariables(source: string, target: OtlpTarget): Record<string, string> | undefined {
  const variables = toVariables(target)
  switch (source) {
    case 'gemini-cli':
      return {
        GEMINI_TELEMETRY_ENABLED: '1',
        GEMINI_TELEMETRY_TARGET: 'local',
        GEMINI_TELEMETRY_OTLP_PROTOCOL: 'http',
        GEMINI_TELEMETRY_OTLP_ENDPOINT: target.gateway,
        // It logs prompts otherwise.
        GEMINI_TELEMETRY_LOG_PROMPTS: 'false',
        OTEL_EXPORTER_OTLP_HEADERS: variables.OTEL_EXPORTER_OTLP_HEADERS ?? '',
      }
    case 'copilot':
      return { COPILOT_OTEL_ENABLED: '1', ...variables }
    default:
      return undefined
  }
}

export const OTLP_SETTINGS: Readonly<Record<string, OtlpSettings>> = {
  'claude-code': {
    getFile: (env, home) => join(env.CLAUDE_CONFIG_DIR || join(home, '.claude'), 'settings.json'),
    add(text, file, target) {
      const settings = new JsonSettings(file, text)
      for (const [name, value] of Object.entries({ ...CLAUDE_CODE, ...toVariables(target) })) {
        if (settings.get(['env', name]) !== value) settings.set(['env', name], value)
      }
      return settings.text
    },
    remove(text, file) {
      const settings = new JsonSettings(file, text)
      if (!String(settings.get(['env', 'OTEL_EXPORTER_OTLP_HEADERS'])).includes('x-achilles-workspace')) return text
      for (const name of [...Object.keys(CLAUDE_CODE), 'ENDPOINT', 'PROTOCOL', 'HEADERS']) {
        const variable = name in CLAUDE_CODE ? name : `OTEL_EXPORTER_OTLP_${name}`
        settings.set(['env', variable], undefined)
      }
      if (Object.keys(settings.get(['env']) ?? {}).length === 0) settings.set(['env'], undefined)
      return settings.text
    },
  },
  codex: {
    getFile: (env, home) => join(env.CODEX_HOME || join(home, '.codex'), 'config.toml'),
    add(text, file, target) {
      const config = parseToml(text, file)
      const endpoint = `${target.gateway.replace(/\/+$/, '')}/v1/logs`
      const exporter = { 'otlp-http': { endpoint, protocol: 'json', headers: toHeaders(target) } }
      return patchToml(text, { ...config, otel: { ...config.otel, exporter } })
    },
    remove(text, file) {
      const { otel, ...others } = parseToml(text, file)
      if (!otel?.exporter?.['otlp-http']?.headers?.['x-achilles-workspace']) return text
      const { exporter: _, ...kept } = otel
      return patchToml(text, Object.keys(kept).length > 0 ? { ...others, otel: kept } : others)
    },
  },
}

interface CodexConfig {
  otel?: { exporter?: { 'otlp-http'?: { headers?: Record<string, string> } } }
}

function parseToml(text: string, file: string): CodexConfig {
  try {
    return parse(text) as CodexConfig
  } catch (error) {
    throw new SettingsError(`${file} is not valid TOML: ${(error as Error).message.split('\n')[0]}`)
  }
}

/** Comments and format of the rest stay. */
const patchToml = (text: string, config: CodexConfig): string => patch(text, config)
