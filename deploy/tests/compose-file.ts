import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** The fields of a service in compose.yaml that the tests use. */
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

/** compose.yaml with anchors resolved and variables unresolved. */
export interface ComposeFile {
  services: Record<string, ComposeService>
  networks: Record<string, { internal?: boolean } | null>
  volumes: Record<string, unknown>
}

export const COMPOSE_FILE = new URL('../../compose.yaml', import.meta.url).pathname

export const readComposeFile = (): ComposeFile => parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true })

/** Replaces `${NAME-default}` in a value as Compose does. */
export const filledIn = (value: string, environment: Readonly<Record<string, string>>): string =>
  value.replace(/\$\{(\w+)-([^}]*)\}/g, (_, name: string, absent: string) => environment[name] ?? absent)
