import { readDeployFile } from './deploy-file.ts'

interface Datasource {
  type: string
  uid: string
}

/** A panel of the dashboard; a row has no targets. */
export interface Panel {
  id: number
  type: string
  title: string
  description?: string
  datasource?: Datasource
  gridPos: { x: number; y: number; w: number; h: number }
  fieldConfig?: { defaults: { unit?: string } }
  targets?: { refId: string; expr: string; legendFormat: string; datasource: Datasource }[]
}

interface Variable {
  name: string
  type: string
  definition?: string
}

export const dashboard = readDeployFile<{
  schemaVersion: number
  templating: { list: Variable[] }
  panels: Panel[]
}>('grafana/dashboards/achilles-gateway.json')

const STAND_INS: Readonly<Record<string, string>> = {
  instance: '.*',
  surface: '(mcp|rest|trpc)',
  __rate_interval: '1m0s',
}

/** Replaces the variables of an expression with values, as Grafana does. */
export const substitute = (text: string): string =>
  text.replace(/\$(\w+)/g, (variable, name: string) => STAND_INS[name] ?? variable)
