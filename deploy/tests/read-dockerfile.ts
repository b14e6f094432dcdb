import { readFileSync } from 'node:fs'

/** One instruction of a Dockerfile, such as `['USER', '1000:1000']`; continued lines are joined. */
export type Instruction = readonly [keyword: string, text: string]

/** The instructions of each stage of this project's Dockerfile, from its `FROM` on. */
export function readDockerfile(): Instruction[][] {
  const text = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')
  const stages: Instruction[][] = []
  for (const line of text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')) {
    const [, keyword, rest = ''] = line.match(/^([A-Z]+)\s+(.*)$/) ?? []
    if (keyword === 'FROM') stages.push([])
    if (keyword) stages.at(-1)?.push([keyword, rest])
  }
  return stages
}

/** The last instruction of this kind in the stage that becomes the image. */
export function lastInstruction(keyword: string): string {
  const found = readDockerfile()
    .at(-1)
    ?.findLast(([name]) => name === keyword)
  if (!found) throw new Error(`the Dockerfile has no ${keyword}`)
  return found[1]
}

/** The environment that the image sets. */
export const imageEnvironment = (): Record<string, string> =>
  Object.fromEntries([...lastInstruction('ENV').matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]))
