import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

/** The path of a file, from the folder `deploy`. */
export const deployPath = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url))

/** What a YAML or JSON file holds; its shape is the caller's word. */
export function readDeployFile<Shape>(file: string): Shape {
  return parse(readFileSync(deployPath(file), 'utf8')) as Shape
}
