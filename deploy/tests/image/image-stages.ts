import { type Copy, DockerfileParser, type From, type Instruction, type PropertyInstruction } from 'dockerfile-ast'

/** One instruction of a Dockerfile, with all that carrying it out takes. */
export type Step =
  | { kind: 'copy'; from: string | undefined; sources: string[]; target: string }
  | { kind: 'run'; command: string }
  | { kind: 'env'; values: Record<string, string> }
  | { kind: 'label'; values: Record<string, string> }
  | { kind: 'workdir'; path: string }
  | { kind: 'volume'; path: string }
  | { kind: 'user'; user: string }
  | { kind: 'healthcheck'; command: string[] }
  | { kind: 'cmd'; command: string[] }

/** A stage: what it starts from, and what is done there, in order. */
export interface Stage {
  name: string | undefined
  /** The image's reference, such as `node:24.21.0-bookworm-slim`. */
  base: string
  steps: Step[]
}

/**
 * The stages of a Dockerfile.
 * @throws Error for an instruction or a form of one that is not read here, so that no step is left out unnoticed.
 */
export function readStages(dockerfile: string): Stage[] {
  const stages: Stage[] = []
  for (const instruction of DockerfileParser.parse(dockerfile).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const from = instruction as From
      stages.push({ name: from.getBuildStage() ?? undefined, base: from.getImage() ?? '', steps: [] })
    } else {
      const step = stepOf(instruction)
      if (step) stages.at(-1)?.steps.push(step)
    }
  }
  return stages
}

function stepOf(instruction: Instruction): Step | undefined {
  const keyword = instruction.getKeyword()
  const words = instruction.getArguments().map((argument) => argument.getValue())
  const text = instruction.getArgumentsContent() ?? ''
  switch (keyword) {
    case 'COPY': {
      const copy = instruction as Copy
      const flags = copy.getFlags().filter((flag) => flag.getName() !== 'from')
      if (flags.length > 0 || words.some((word) => /[*?[]/.test(word))) throw unread(instruction)
      const from = copy.getFromFlag()?.getValue() ?? undefined
      return { kind: 'copy', from, sources: words.slice(0, -1), target: words.at(-1) ?? '' }
    }
    case 'RUN':
      if (text.startsWith('[') || text.includes('<<') || text.startsWith('--')) throw unread(instruction)
      return { kind: 'run', command: text }
    case 'ENV':
    case 'LABEL': {
      const properties = (instruction as PropertyInstruction).getProperties()
      const values = Object.fromEntries(properties.map((property) => [property.getName(), property.getValue() ?? '']))
      return keyword === 'ENV' ? { kind: 'env', values } : { kind: 'label', values }
    }
    case 'WORKDIR':
      return { kind: 'workdir', path: text }
    case 'USER':
      return { kind: 'user', user: text }
    case 'VOLUME':
      return { kind: 'volume', path: text }
    case 'CMD':
      return { kind: 'cmd', command: execForm(text, instruction) }
    case 'HEALTHCHECK':
      return { kind: 'healthcheck', command: execForm(text.replace(/^(--\S+\s+)*CMD\s+/, ''), instruction) }
    // Tells readers and tools which ports there are; nothing happens.
    case 'EXPOSE':
      return undefined
    default:
      throw unread(instruction)
  }
}

function execForm(text: string, instruction: Instruction): string[] {
  if (!text.startsWith('[')) throw unread(instruction)
  return JSON.parse(text) as string[]
}

const unread = (instruction: Instruction) => new Error(`not read here: ${instruction.toString()}`)
