import { join } from 'node:path'
import { run } from './run.ts'

/** Buildah with a storage of its own, which needs no daemon and no registry. */
export interface Buildah {
  /** Runs a command of buildah and returns its output. */
  run(args: readonly string[]): Promise<string>
  /** Makes a container of an image; its root is an ordinary folder. */
  from(image: string): Promise<{ container: string; root: string }>
}

export function createBuildah(workspace: string): Buildah {
  const storage = ['--root', join(workspace, 'storage'), '--runroot', join(workspace, 'run'), '--storage-driver', 'vfs']
  const buildah: Buildah = {
    async run(args) {
      const { stdout } = await run('buildah', [...storage, ...args], { BUILDAH_ISOLATION: 'chroot' })
      return stdout.trim()
    },
    async from(image) {
      const container = await buildah.run(['from', '--pull-never', image])
      return { container, root: await buildah.run(['mount', container]) }
    },
  }
  return buildah
}
