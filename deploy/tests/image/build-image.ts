import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { promisify } from 'node:util'
import { baseMounts, layBaseImage, nodeProgram } from './base-image.ts'
import { copyFiles } from './copy-files.ts'
import { readDockerIgnore } from './docker-ignore.ts'
import type { Image } from './image.ts'
import { readStages, type Stage, type Step } from './image-stages.ts'
import { npmAccess } from './npm-access.ts'

/**
 * Carries out the Dockerfile of `context`, step by step, into folders of `workspace`, and gives the last stage's image.
 * Programs are this machine's, Node is of the version that the base image has. Wants root and bubblewrap.
 * @throws Error with what a step that failed wrote.
 */
export async function buildImage(context: string, workspace: string): Promise<Image> {
  const isIgnored = readDockerIgnore(await readFile(join(context, '.dockerignore'), 'utf8'))
  const built = new Map<string, Image>()
  let image: Image | undefined
  for (const [index, stage] of readStages(await readFile(join(context, 'Dockerfile'), 'utf8')).entries()) {
    image = await startStage(stage, join(workspace, `stage-${index}`))
    for (const step of stage.steps) await carryOut(step, image, { context, isIgnored, built })
    built.set(stage.name ?? String(index), image)
  }
  if (!image) throw new Error('the Dockerfile has no stage')
  return image
}

async function startStage({ base }: Stage, root: string): Promise<Image> {
  const nodeVersion = base.match(/^node:(\d+\.\d+\.\d+)-/)?.[1]
  if (!nodeVersion) throw new Error(`not a base image that is known here: ${base}`)
  await mkdir(root)
  await layBaseImage(root)
  const empty = { environment: {}, labels: {}, volumes: [], command: [], healthcheck: [] }
  return { root, nodeVersion, ...empty, workdir: '/', user: '0:0' }
}

interface Surroundings {
  context: string
  isIgnored: (path: string) => boolean
  built: ReadonlyMap<string, Image>
}

async function carryOut(step: Step, image: Image, { context, isIgnored, built }: Surroundings): Promise<void> {
  switch (step.kind) {
    case 'copy': {
      const origin = step.from === undefined ? context : built.get(step.from)?.root
      if (origin === undefined) throw new Error(`COPY --from=${step.from}: there is no such stage`)
      const path = posix.resolve(image.workdir, step.target)
      const target = join(image.root, step.target.endsWith('/') ? `${path}/` : path)
      return copyFiles({ origin, sources: step.sources, target, isIgnored: step.from ? () => false : isIgnored })
    }
    case 'run':
      return runStep(step.command, image)
    case 'env':
      Object.assign(image.environment, step.values)
      return
    case 'label':
      Object.assign(image.labels, step.values)
      return
    case 'workdir':
      image.workdir = posix.resolve(image.workdir, step.path)
      await mkdir(join(image.root, image.workdir), { recursive: true })
      return
    case 'user':
      image.user = step.user
      return
    case 'volume':
      image.volumes.push(step.path)
      return
    case 'cmd':
      image.command = step.command
      return
    case 'healthcheck':
      image.healthcheck = step.command
  }
}

async function runStep(command: string, { root, nodeVersion, environment, workdir, user }: Image): Promise<void> {
  if (user !== '0:0') throw new Error(`RUN as ${user} is not known here`)
  const settings = Object.entries({ HOME: '/root', ...environment }).flatMap(([name, value]) => [
    '--setenv',
    name,
    value,
  ])
  await promisify(execFile)('bwrap', [
    ...['--bind', root, '/'],
    ...baseMounts(await nodeProgram(nodeVersion)),
    ...(await npmAccess(process.env)),
    ...settings,
    ...['--chdir', workdir, '/bin/sh', '-c', command],
  ])
}
