import { z } from 'zod'
import type { Environment } from '../settings/environment.ts'
import { bareUrl, integer, parseSettings } from '../settings/setting-kinds.ts'

const MAX_TIMER_MS = 2 ** 31 - 1
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

const oneOf = (...values: [string, ...string[]]) =>
  z.string().refine((value) => values.includes(value), `must be ${values.join(' or ')}`)

const headers = z
  .string()
  .refine(
    (list) =>
      list.split(',').every((pair) => pair.includes('=') && TOKEN.test(pair.slice(0, pair.indexOf('=')).trim())),
    'must be a comma list of name=value',
  )

const signalSettings = {
  PROTOCOL: oneOf('http/protobuf'),
  HEADERS: headers,
  TIMEOUT: integer(1, 3_600_000),
  COMPRESSION: oneOf('gzip', 'none'),
}

/** Each exists for all signals and for traces only. */
const exporterSettings = Object.fromEntries(
  Object.entries(signalSettings).flatMap(([name, kind]) => [
    [`OTEL_EXPORTER_OTLP_${name}`, kind.optional()],
    [`OTEL_EXPORTER_OTLP_TRACES_${name}`, kind.optional()],
  ]),
)

const TracesEnvironment = z.object({
  OTEL_SDK_DISABLED: z.string().toLowerCase().pipe(oneOf('true', 'false')).optional(),
  OTEL_TRACES_EXPORTER: oneOf('otlp', 'none').optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: bareUrl.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: bareUrl.optional(),
  ...exporterSettings,
  OTEL_TRACES_SAMPLER: oneOf(
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
  ).optional(),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1')
    .optional(),
  OTEL_PROPAGATORS: z
    .string()
    .refine((list) => list.split(',').some((name) => name.trim() === 'tracecontext'), 'must contain tracecontext')
    .optional(),
  OTEL_BSP_SCHEDULE_DELAY: integer(1, MAX_TIMER_MS).optional(),
  OTEL_BSP_EXPORT_TIMEOUT: integer(1, MAX_TIMER_MS).optional(),
  OTEL_BSP_MAX_QUEUE_SIZE: integer(1, 1_000_000).optional(),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: integer(1, 1_000_000).optional(),
})

/** The SDK itself reads them from the environment. */
export const TRACES_SETTINGS: readonly string[] = Object.keys(TracesEnvironment.shape)

const GENERAL = /^OTEL_EXPORTER_OTLP_(?!TRACES_)/
const DEFAULT_ENDPOINT = 'http://localhost:4318'

/**
 * The endpoint is undefined if tracing is off or none is set. Values that the exporter does not support are faults.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function readTracesSettings(environment: Readonly<Environment>): {
  endpoint: string | undefined
  faults: string[]
} {
  const { set, data, faults } = parseSettings(TracesEnvironment, withoutOverridden(environment))
  const isOff = set.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || set.OTEL_TRACES_EXPORTER === 'none'
  if (isOff) return { endpoint: undefined, faults: [] }
  const sampler = data?.OTEL_TRACES_SAMPLER
  if (sampler?.endsWith('traceidratio') && data?.OTEL_TRACES_SAMPLER_ARG === undefined) {
    faults.push(`OTEL_TRACES_SAMPLER_ARG: is required if OTEL_TRACES_SAMPLER is ${sampler}`)
  }
  const fallback = data?.OTEL_TRACES_EXPORTER === 'otlp' ? DEFAULT_ENDPOINT : undefined
  const endpoint = data?.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? data?.OTEL_EXPORTER_OTLP_ENDPOINT ?? fallback
  return { endpoint, faults }
}

/** A variable for traces overrides the one for all signals. */
function withoutOverridden(environment: Readonly<Environment>): Environment {
  const isOverridden = (name: string) => GENERAL.test(name) && environment[name.replace(GENERAL, '$&TRACES_')]
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isOverridden(name)))
}
