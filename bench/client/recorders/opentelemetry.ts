import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import type { EventRecorder } from './recorder.ts'

/** OpenTelemetry's events are log records with a name. */
export async function openOpenTelemetry(url: string): Promise<EventRecorder> {
  const exporter = new OTLPLogExporter({ url: `${url}/v1/logs` })
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] })
  const logger = provider.getLogger('client-bench')
  return {
    record: (event) => logger.emit({ eventName: event.event_type, attributes: event }),
    flush: () => provider.forceFlush(),
    close: () => provider.shutdown(),
  }
}
