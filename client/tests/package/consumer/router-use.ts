import type { GatewayRouter } from '@achilles/mcp-client/router'

type IsAny<Type> = 0 extends 1 & Type ? true : false
type AnyIn<Record> = {
  [Name in keyof Record]: Record[Name] extends { _def: { $types: { input: infer Input; output: infer Output } } }
    ? IsAny<Input> | IsAny<Output> | IsAny<Output[keyof Output]>
    : AnyIn<Record[Name]>
}[keyof Record]

// No procedure takes or answers `any`.
true satisfies [AnyIn<GatewayRouter['_def']['record']>] extends [false] ? true : false
