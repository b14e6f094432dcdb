export { CoreSupervisor } from './core-supervisor.ts'
export { isDataDirInUse } from './data-dir-lock.ts'
export { type EmbeddedCore, startEmbeddedCore } from './embedded-core.ts'
