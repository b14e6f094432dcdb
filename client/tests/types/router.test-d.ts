import type { AppRouter } from '@achilles/mcp-gateway/router'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { GatewayRouter } from '../../src/router.ts'
import type { Equal } from './equal.ts'

type Kinds<Record> = {
  [Name in keyof Record]: Record[Name] extends { _def: { type: infer Kind } } ? Kind : Kinds<Record[Name]>
}
type RootOf<Router extends { _def: { _config: { $types: object } } }> = Router['_def']['_config']['$types']

// The router that clients see says of every procedure just what the gateway’s own says.
true satisfies Equal<Kinds<GatewayRouter['_def']['record']>, Kinds<AppRouter['_def']['record']>>
true satisfies Equal<inferRouterInputs<GatewayRouter>, inferRouterInputs<AppRouter>>
true satisfies Equal<inferRouterOutputs<GatewayRouter>, inferRouterOutputs<AppRouter>>
true satisfies Equal<RootOf<GatewayRouter>['errorShape'], RootOf<AppRouter>['errorShape']>
true satisfies Equal<RootOf<GatewayRouter>['transformer'], RootOf<AppRouter>['transformer']>
