import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { migrate } from 'drizzle-orm/pglite/migrator'
import { create } from 'tar'
import { MIGRATIONS } from '../src/database.ts'
import { EMPTY_DATABASE } from '../src/pglite-cluster.ts'

// Run it after an update of PGlite and after each new migration: to create a database at the first start takes many times
// the time, and twice the memory.
const dir = await mkdtemp(join(tmpdir(), 'achilles-database-'))
const client = await PGlite.create(dir)
await migrate(drizzle({ client }), MIGRATIONS)
await client.close()
const archive = create({ cwd: dir, portable: true, mtime: new Date(0) }, (await readdir(dir)).sort())
// Brotli would make it a third of the size, but the first start a tenth slower.
await pipeline(Readable.from(archive), createGzip({ level: 9 }), createWriteStream(EMPTY_DATABASE))
await rm(dir, { recursive: true })
