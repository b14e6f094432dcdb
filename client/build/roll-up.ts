import { Extractor, ExtractorConfig, ExtractorLogLevel, type IConfigFile } from '@microsoft/api-extractor'
import { paths } from './paths.ts'

/**
 * Rolls up all that the declarations in `entry` need into the one file `rolled`, docstrings included.
 * @throws Error where something is wrong with them.
 */
export function rollUp(entry: string, rolled: string): void {
  const settings: IConfigFile = {
    projectFolder: paths.client,
    mainEntryPointFilePath: entry,
    compiler: { tsconfigFilePath: `${paths.client}tsconfig.rollup.json` },
    dtsRollup: { enabled: true, untrimmedFilePath: rolled },
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      // There is no stage of release but one, and docstrings are written for editors.
      extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
    },
  }
  const config = ExtractorConfig.prepare({
    configObject: settings,
    configObjectFullPath: undefined,
    packageJsonFullPath: `${paths.client}package.json`,
  })
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      if (message.logLevel === 'info' || message.logLevel === 'verbose') message.handled = true
    },
  })
  if (!succeeded) throw new Error(`The declarations in ${entry} do not roll up.`)
}
