import { apiKeysFileReader, findModeFault, parseApiKeys } from '../../gate/api-keys-file.ts'
import { type Finding, fault, ok, warning } from './finding.ts'
import { line } from './line.ts'

/** Whether the file of API keys can be read, and how many there are. */
export async function checkApiKeys(path: string): Promise<Finding> {
  try {
    const { bytes, stats } = await apiKeysFileReader(path).read()
    const entries = parseApiKeys(path, bytes)
    if (entries.length === 0) return warning(line`${path} holds no key`, line`npm run -s keys -- add NAME makes one.`)
    const tooOpen = findModeFault(path, stats)
    if (tooOpen !== undefined) {
      return warning(
        line`${tooOpen}`,
        line`Only the gateway needs to read it, and who can change it can add a key: chmod 600.`,
      )
    }
    const limited = entries.filter(({ workspaces }) => workspaces).length
    return ok(line`${entries.length} in ${path}, ${limited} of them for certain workspaces`)
  } catch (error) {
    return fault(
      line`${(error as Error).message}`,
      line`The gateway does not start with such a file. GATEWAY_API_KEYS_FILE names it.`,
    )
  }
}
