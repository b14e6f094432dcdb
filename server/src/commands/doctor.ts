import { isatty } from 'node:tty'
import { styleText } from 'node:util'
import { runDoctor } from './doctor/run-doctor.ts'

const inColour = isatty(1) && process.stdout.hasColors()

try {
  process.exitCode = await runDoctor(process.argv.slice(2), process.env, {
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    envFile: '.env',
    paint: inColour ? styleText : (_format, text) => text,
  })
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
