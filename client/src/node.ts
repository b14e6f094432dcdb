export { type FileSpoolOptions, fileSpool } from './spool/file-spool/file-spool.ts'
