import { GoogleGenAI, mcpToTool, type Schema } from '@google/genai'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { expect } from 'vitest'
import { type GeminiRequest, type ParametersSchema, startGeminiServer } from '../support/gemini-server.ts'
import { interopTest, testAgent } from '../support/interop-test.ts'

const TOOL = '@google/genai'

async function connect(mcpUrl: string): Promise<Client> {
  const client = new Client({ name: 'interop', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl)))
  return client
}

const createModels = (baseUrl: string) => new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl } }).models

interopTest(TOOL, 'HTTP, function declarations', async ({ mcpUrl }) => {
  const client = await connect(mcpUrl)
  const gemini = await startGeminiServer(() => ({ text: 'done' }))
  try {
    const { tools } = await client.listTools()
    const inputSchemas = tools.map(({ name, inputSchema }) => [name, getRequired(inputSchema as ParametersSchema)])
    // As the SDK itself declares the tools of MCP, and in Gemini's own subset of OpenAPI, which many programs use.
    const asSchemas = tools.map(({ name, inputSchema }) => ({ name, parameters: inputSchema as object as Schema }))
    for (const tool of [mcpToTool(client), { functionDeclarations: asSchemas }]) {
      await createModels(gemini.url).generateContent({ model: 'm', contents: 'Hello.', config: { tools: [tool] } })
      const declarations = gemini.requests.at(-1)?.tools[0]?.functionDeclarations ?? []
      expect(
        declarations.map(({ name, parameters, parametersJsonSchema }) => [
          name,
          getRequired(parameters ?? parametersJsonSchema),
        ]),
      ).toEqual(inputSchemas)
    }
    expect(gemini.requests).toHaveLength(2)
  } finally {
    await gemini.close()
    await client.close()
  }
})

/** Each object's properties and the required ones, by path. */
function getRequired(
  schema: ParametersSchema | undefined,
  path = '',
): Record<string, { all: string[]; required: string[] }> {
  if (!schema) throw new Error(`no schema at ${path}`)
  if (schema.items) return getRequired(schema.items, `${path}[]`)
  const { properties, required = [] } = schema
  if (!properties) return {}
  const nested = Object.entries(properties).map(([name, property]) => getRequired(property, `${path}.${name}`))
  return Object.assign({ [path]: { all: Object.keys(properties), required } }, ...nested)
}

testAgent(TOOL, 'HTTP', async ({ mcpUrl }, script) => {
  const client = await connect(mcpUrl)
  let results: string[] = []
  const gemini = await startGeminiServer((request) => {
    results = getResults(request)
    const call = script.next(results)
    return call ? { functionCall: { name: call.tool, args: call.input } } : { text: 'done' }
  })
  try {
    const { text } = await createModels(gemini.url).generateContent({
      model: 'm',
      contents: 'Record a session.',
      config: { tools: [mcpToTool(client)] },
    })
    expect(text).toBe('done')
  } finally {
    await gemini.close()
    await client.close()
  }
  return results
})

const getResults = ({ contents }: GeminiRequest): string[] =>
  contents.flatMap(({ parts }) =>
    parts.flatMap(({ functionResponse }) => {
      if (!functionResponse) return []
      const { response } = functionResponse
      return (response.error ?? response).content.map(({ text }) => text).join('')
    }),
  )
