import type { Endpoint } from './endpoint.ts'

type KeyValue = { key: string; value: { intValue?: number; kvlistValue?: { values: KeyValue[] } } }
type Logs = { resourceLogs: { scopeLogs: { logRecords: { attributes: KeyValue[] }[] }[] }[] }

const getValue = (values: KeyValue[] | undefined, key: string) => values?.find((value) => value.key === key)?.value

export const OTLP_ENDPOINT: Endpoint = {
  getSequences: (body) =>
    (body as Logs).resourceLogs
      .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
      .map(({ attributes }) =>
        Number(getValue(getValue(attributes, 'payload')?.kvlistValue?.values, 'sequence')?.intValue),
      ),
  respond: () => ({}),
}
