import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Buildah } from './buildah.ts'
import type { Image } from './image.ts'
import { run } from './run.ts'

const TAG = 'localhost/achilles-mcp-gateway:test'

/** Builds the Dockerfile of `context`, whose base image exists, and unpacks the image. */
export async function buildImage(buildah: Buildah, context: string, workspace: string): Promise<Image> {
  // Docker's format, since OCI's has no health check.
  const format = ['--format', 'docker', '--pull-never', '--network', 'host']
  await buildah.run(['build', ...format, ...(await npmAccess(workspace)), '--tag', TAG, context])
  const { root } = await buildah.from(TAG)
  const { Docker } = JSON.parse(await buildah.run(['inspect', '--type', 'image', TAG])) as {
    Docker: { config: Config }
  }
  const { Env, Labels, WorkingDir, User, Volumes, Cmd, Healthcheck } = Docker.config
  return {
    root,
    environment: Object.fromEntries(Env.map((line) => line.split(/=(.*)/s).slice(0, 2))),
    labels: Labels,
    workdir: WorkingDir,
    user: User,
    volumes: Object.keys(Volumes),
    command: Cmd,
    healthcheck: Healthcheck.Test.slice(1),
  }
}

/** What `docker inspect` shows, as far as it is used here. */
interface Config {
  Env: string[]
  Labels: Record<string, string>
  WorkingDir: string
  User: string
  Volumes: Record<string, unknown>
  Cmd: string[]
  Healthcheck: { Test: string[] }
}

/** Lets npm inside reach the registry that npm uses here; nothing of it stays in the image. */
async function npmAccess(workspace: string): Promise<string[]> {
  const { stdout } = await run('npm', ['config', 'list', '--json'])
  const { registry, cafile, cache } = JSON.parse(stdout) as Record<string, string | null>
  const settings = Object.entries({ registry, cafile }).flatMap(([name, value]) =>
    value ? [`${name}=${value}\n`] : [],
  )
  const userConfig = join(workspace, 'npmrc')
  await writeFile(userConfig, settings.join(''))
  const mounts = [`${userConfig}:/root/.npmrc:ro`, '/etc/ssl:/etc/ssl:ro']
  if (cache && existsSync(cache)) mounts.push(`${cache}:/root/.npm`)
  return mounts.flatMap((mount) => ['--volume', mount])
}
