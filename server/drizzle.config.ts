import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/embedded-core/schema.ts',
  out: './drizzle',
})
