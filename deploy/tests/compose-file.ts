import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** A service of compose.yaml, as far as the checks look at it. */
export interface ComposeService {
  image: string
  build?: string
  profiles: string[]
  command?: string[]
  user?: string
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  restart?: string
  stop_grace_period?: string
  depends_on?: string[] | Record<string, unknown>
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  networks?: string[]
  healthcheck?: { test: string[] }
  tmpfs?: string[]
}

/** compose.yaml with its anchors resolved, and its variables as they are written. */
export interface ComposeFile {
  services: Record<string, ComposeService>
  networks: Record<string, { internal?: boolean } | null>
  volumes: Record<string, unknown>
}

/** Where compose.yaml is. */
export const COMPOSE_FILE = new URL('../../compose.yaml', import.meta.url).pathname

/** Reads compose.yaml. */
export const readComposeFile = (): ComposeFile => parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true })

/** A value with its `${NAME-default}` filled in, as Compose does it. */
export const filledIn = (value: string, environment: Readonly<Record<string, string>>): string =>
  value.replace(/\$\{(\w+)-([^}]*)\}/g, (_, name: string, absent: string) => environment[name] ?? absent)
