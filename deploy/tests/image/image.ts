/** An image as a folder, and how it wants to be run. */
export interface Image {
  /** Its root, in which the base image's own files are mounted when it runs. */
  root: string
  /** Node's version, as the base image's tag has it. */
  nodeVersion: string
  environment: Record<string, string>
  labels: Record<string, string>
  workdir: string
  /** `uid:gid` */
  user: string
  volumes: string[]
  command: string[]
  healthcheck: string[]
}
