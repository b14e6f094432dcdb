export { findHolder, isDataDirInUse } from './data-dir-lock.ts'
export { type EmbeddedCore, type EmbeddedCoreOptions, startEmbeddedCore } from './embedded-core.ts'
