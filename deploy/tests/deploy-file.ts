import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const deployPath = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url))

/** Parses a YAML or JSON file; the caller asserts its type. */
export function readDeployFile<Shape>(file: string): Shape {
  return parse(readFileSync(deployPath(file), 'utf8')) as Shape
}
