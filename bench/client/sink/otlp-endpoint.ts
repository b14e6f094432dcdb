import type { Endpoint } from './endpoint.ts'

type KeyValue = { key: string; value: { intValue?: number; kvlistValue?: { values: KeyValue[] } } }
type Logs = { resourceLogs: { scopeLogs: { logRecords: { attributes: KeyValue[] }[] }[] }[] }

const valueUnder = (values: KeyValue[] | undefined, key: string) => values?.find((value) => value.key === key)?.value

/** `/v1/logs` of OTLP, in JSON. */
export const OTLP_ENDPOINT: Endpoint = {
  sequencesIn: (body) =>
    (body as Logs).resourceLogs
      .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
      .map(({ attributes }) =>
        Number(valueUnder(valueUnder(attributes, 'payload')?.kvlistValue?.values, 'sequence')?.intValue),
      ),
  answerTo: () => ({}),
}
