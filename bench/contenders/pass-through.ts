import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import { coreHeaders, environment, OPERATIONS, REST_BASE } from './operations.ts'

// A reverse proxy that only sets the key; it does not read bodies.
const app = Fastify({ bodyLimit: 5 * 1024 * 1024 })
const { origin, pathname } = new URL(environment.coreUrl)

for (const operation of Object.values(OPERATIONS)) {
  app.register(httpProxy, {
    upstream: origin,
    prefix: `${REST_BASE}${operation.rest}`,
    rewritePrefix: `${pathname.replace(/\/$/, '')}${operation.core}`,
    httpMethods: ['POST'],
    undici: { connections: 128, headersTimeout: 10_000, bodyTimeout: 10_000 },
    replyOptions: {
      rewriteRequestHeaders: (request, headers) => ({ ...headers, ...coreHeaders(request.headers, operation) }),
    },
  })
}

await app.listen({ port: environment.port, host: '127.0.0.1' })
