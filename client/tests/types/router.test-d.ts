import type { AppRouter } from '@achilles/mcp-gateway/router'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { CallOptions } from '../../src/call-context.ts'
import type { GatewayClient } from '../../src/gateway-client.ts'
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

type CallsOfRouter<Record> = {
  [Name in keyof Record]: Record[Name] extends {
    _def: { type: infer Kind; $types: { input: infer Input; output: infer Output } }
  }
    ? {
        [Call in Kind extends 'query' ? 'query' : Kind extends 'mutation' ? 'mutate' : 'subscribe']: {
          input: undefined extends Input ? undefined : Input
          output: Output extends AsyncIterable<infer Item, unknown> ? Item : Output
        }
      }
    : CallsOfRouter<Record[Name]>
}
type CallsOfClient<Client> = {
  [Name in keyof Client]: Client[Name] extends (
    input: infer Input,
    options?: CallOptions,
  ) => Promise<infer Output> | AsyncIterableIterator<infer Output>
    ? { input: Input; output: Output }
    : CallsOfClient<Client[Name]>
}

// So does the interface of the client.
true satisfies Equal<CallsOfClient<GatewayClient>, CallsOfRouter<GatewayRouter['_def']['record']>>
