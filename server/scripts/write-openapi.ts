/* Writes what is derived from the procedures and kept in the repository: see `npm run openapi`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import openapiTypes, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { createCoreDocument } from '../src/openapi/core-document.ts'
import { createOpenApiDocument } from '../src/openapi/gateway-document.ts'
import { version } from '../src/version.ts'

const ROOT = new URL('../../', import.meta.url)
const document = createOpenApiDocument(version)
mkdirSync(new URL('docs/', ROOT), { recursive: true })
writeFileSync(new URL('docs/openapi.json', ROOT), JSON.stringify(document, null, 2))
writeFileSync(new URL('docs/core-openapi.json', ROOT), JSON.stringify(createCoreDocument(version), null, 2))
const types = await openapiTypes(JSON.stringify(document))
writeFileSync(new URL('examples/typescript-openapi/gateway-api.ts', ROOT), COMMENT_HEADER + astToString(types))
