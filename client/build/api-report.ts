import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The public types of the package in one page, for people: any change of them shows as a change of this page. */
export async function apiReport(packageDir: string): Promise<string> {
  const sections = [
    ['@achilles/mcp-client', 'index.d.ts'],
    ['@achilles/mcp-client/node', 'node.d.ts'],
  ].map(async ([name = '', file = '']) => {
    const declarations = await readFile(join(packageDir, file), 'utf8')
    const shown = declarations
      .replace(/^(?:import|\/\/\/) .*\n+/gm, '')
      .replace(/^export \{ \}\n*$/m, '')
      .replace(/^export declare /gm, 'export ')
      .trim()
    return `## \`${name}\`\n\n\`\`\`ts\n${shown}\n\`\`\`\n`
  })
  const intro =
    'What the package declares, as `npm test` finds it in the packed tarball; `npx vitest -u` brings it up to date.'
  return `# API of @achilles/mcp-client\n\n${intro}\n\n${(await Promise.all(sections)).join('\n')}`
}
