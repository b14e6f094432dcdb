import { describe, expect, test } from 'vitest'
import { readTracesSettings } from './traces-settings.ts'

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

test.each([
  [{}, undefined],
  [endpoint, 'http://collector:4318'],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t:4318/v1/traces' }, 'http://t:4318/v1/traces'],
  [{ ...endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t:4318/v1/traces' }, 'http://t:4318/v1/traces'],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318'],
  [{ ...endpoint, OTEL_SDK_DISABLED: 'true' }, undefined],
  [{ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }, undefined],
  [{ ...endpoint, OTEL_SDK_DISABLED: 'false' }, 'http://collector:4318'],
  [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, undefined],
  [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, undefined],
  [{ ...endpoint, OTEL_SDK_DISABLED: 'true', OTEL_TRACES_EXPORTER: 'zipkin' }, undefined],
  [
    { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' },
    'http://collector:4318',
  ],
  [
    {
      ...endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20k, x-a=b=c',
      OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      OTEL_PROPAGATORS: 'tracecontext,baggage',
    },
    'http://collector:4318',
  ],
])('%o sends traces to %s', (environment, expected) => {
  expect(readTracesSettings(environment)).toEqual({ endpoint: expected, faults: [] })
})

describe('unsupported values are faults', () => {
  test.each([
    ['OTEL_SDK_DISABLED', 'yes'],
    ['OTEL_TRACES_EXPORTER', 'console'],
    ['OTEL_TRACES_EXPORTER', 'otlp,none'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://ada:secret@collector'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'secret'],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'a=b,secret'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '0'],
    ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '10s'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd'],
    ['OTEL_TRACES_SAMPLER', 'xray'],
    ['OTEL_TRACES_SAMPLER_ARG', '25%'],
    ['OTEL_PROPAGATORS', 'b3'],
    ['OTEL_BSP_SCHEDULE_DELAY', '2147483648'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '-1'],
  ])('%s=%s', (name, value) => {
    const { faults } = readTracesSettings({ [name]: value })
    expect(faults).toEqual([expect.stringMatching(`^${name}: must `)])
    expect(faults.join()).not.toContain('secret')
  })
})
