export type * from './agent-source.ts'
