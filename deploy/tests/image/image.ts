/** An image that was built, and how it is to be run. */
export interface Image {
  /** Its root folder. */
  root: string
  environment: Record<string, string>
  labels: Record<string, string>
  workdir: string
  /** `uid:gid` */
  user: string
  volumes: string[]
  command: string[]
  healthcheck: string[]
}
