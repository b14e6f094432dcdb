import {
  EventBatchResponse,
  InsightOut,
  MCPEventBatch,
  MCPInsightsQuery,
  MCPSessionCreate,
  SessionOut,
} from '@achilles/mcp-contract'
import { initTRPC } from '@trpc/server'
import {
  type CreateFastifyContextOptions,
  type FastifyTRPCPluginOptions,
  fastifyTRPCPlugin,
} from '@trpc/server/adapters/fastify'
import Fastify from 'fastify'
import { got } from 'got'
import superjson from 'superjson'
import { fastifyTRPCOpenApiPlugin, type OpenApiMeta } from 'trpc-to-openapi'
import { z } from 'zod'
import { coreHeaders, environment, OPERATIONS, type Operation, REST_BASE } from './operations.ts'

// A server made of the gateway's own libraries, as their documentation shows.
const MAX_BODY_BYTES = 5 * 1024 * 1024

const createContext = ({ req }: Pick<CreateFastifyContextOptions, 'req'>) => ({ headers: req.headers })
type Context = ReturnType<typeof createContext>

const t = initTRPC.context<Context>().meta<OpenApiMeta>().create({ transformer: superjson })

const { createSession, ingestBatch, insights } = OPERATIONS
const appRouter = t.router({
  sessions: t.router({
    create: t.procedure
      .meta({ openapi: { method: 'POST', path: createSession.rest } })
      .input(MCPSessionCreate)
      .output(SessionOut)
      .mutation(({ ctx, input }) => callCore(createSession, ctx, input)),
  }),
  signals: t.router({
    ingestBatch: t.procedure
      .meta({ openapi: { method: 'POST', path: ingestBatch.rest } })
      .input(MCPEventBatch)
      .output(EventBatchResponse)
      .mutation(({ ctx, input }) => callCore(ingestBatch, ctx, input)),
    insights: t.procedure
      .meta({ openapi: { method: 'POST', path: insights.rest } })
      .input(MCPInsightsQuery)
      .output(z.array(InsightOut))
      .query(({ ctx, input }) => callCore(insights, ctx, input)),
  }),
})

const app = Fastify({ bodyLimit: MAX_BODY_BYTES, routerOptions: { maxParamLength: 5000 } })

app.register(fastifyTRPCPlugin, {
  prefix: '/trpc',
  trpcOptions: { router: appRouter, createContext },
} satisfies FastifyTRPCPluginOptions<typeof appRouter>)

app.register(fastifyTRPCOpenApiPlugin, {
  basePath: REST_BASE,
  router: appRouter,
  createContext,
  maxBodySize: MAX_BODY_BYTES,
})

await app.listen({ port: environment.port, host: '127.0.0.1' })

function callCore<Result>(operation: Operation, { headers }: Context, json: unknown): Promise<Result> {
  return got
    .post(`${environment.coreUrl}${operation.core}`, {
      json,
      headers: coreHeaders(headers, operation),
      timeout: { request: 10_000 },
    })
    .json()
}
