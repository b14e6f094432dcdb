import { readApiKeysFile } from '../../gate/api-keys-file.ts'
import { type Finding, fault, ok, warning } from './finding.ts'

/** Whether the file of API keys can be read, and how many there are. */
export async function checkApiKeys(path: string): Promise<Finding> {
  try {
    const entries = await readApiKeysFile(path)
    if (entries.length === 0) return warning(`${path} holds no key`, 'npm run -s keys -- add NAME makes one.')
    const limited = entries.filter(({ workspaces }) => workspaces).length
    return ok(`${entries.length} in ${path}, ${limited} of them for certain workspaces`)
  } catch (error) {
    return fault(
      (error as Error).message,
      'The gateway does not start with such a file. GATEWAY_API_KEYS_FILE names it.',
    )
  }
}
