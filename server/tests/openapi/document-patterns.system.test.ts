import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RE2JS } from 're2js'
import { expect, test } from 'vitest'
import { appRouter } from '../../src/procedures/router.ts'
import { listTools } from '../../src/surfaces/mcp/tools.ts'

const hasPython = spawnSync('python3', ['--version']).status === 0
if (!hasPython) process.stdout.write('document-patterns: not read by Python, python3 is not installed\n')
const hasJava = spawnSync('javac', ['--version']).status === 0
if (!hasJava) process.stdout.write('document-patterns: not read by Java, no JDK is installed\n')

/** All patterns of a JSON Schema, including those of keys. */
function patternsIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]) => {
    if (key === 'pattern' && typeof value === 'string') return [value]
    return [...(key === 'patternProperties' ? Object.keys(value) : []), ...patternsIn(value)]
  })
}

const documents = ['openapi.json', 'core-openapi.json'].map((name) => new URL(`../../../docs/${name}`, import.meta.url))
const schemas: unknown[] = [
  listTools(appRouter).map(({ definition }) => definition),
  ...(await Promise.all(documents.map(async (url) => JSON.parse(await readFile(url, 'utf8'))))),
]
const PATTERNS = [...new Set(schemas.flatMap(patternsIn))]

const CONTROL_CHARACTERS = [0, 0x1f, 0x7f, 0x80, 0x9f].map((code) => `a${String.fromCharCode(code)}b`)
// None ends with a line break, before which `$` also matches in Python and Java.
const TEXTS = [
  ...['', 'a', 'A9._:@-', '-a', '.', '..', 'a b', ' ', '~', 'ä', 'a/b', 'a%2Fb', '\u2028b', 'e\u0301', '日本', '😀'],
  ...['a\nb', '\ta', 'a\u00a0b', ...CONTROL_CHARACTERS],
  ...[1, 128, 129, 256, 257].flatMap((length) => ['x'.repeat(length), '😀'.repeat(length)]),
]
const PAIRS = PATTERNS.flatMap((pattern) => TEXTS.map((text) => [pattern, text] as const))
const VERDICTS = PAIRS.map(([pattern, text]) => new RegExp(pattern, 'u').test(text))

const asLines = PAIRS.map((pair) => pair.map((part) => Buffer.from(part).toString('base64')).join(' ')).join('\n')

function verdictsOf(program: string, args: string[]): boolean[] {
  const { stdout, stderr } = spawnSync(program, args, { input: asLines, encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.toLowerCase() === 'true')
}

test('the documents have patterns, and each accepts some texts and rejects others', () => {
  for (const pattern of PATTERNS) {
    expect(new Set(VERDICTS.filter((_verdict, index) => PAIRS[index]?.[0] === pattern)).size, pattern).toBe(2)
  }
  expect(PATTERNS.length).toBeGreaterThan(2)
})

test('RE2 (Go) compiles each, with the same results', () => {
  expect(PAIRS.map(([pattern, text]) => RE2JS.compile(pattern).matcher(text).find())).toEqual(VERDICTS)
})

const PYTHON = `
import base64, re, sys
for line in sys.stdin:
    pattern, text = (base64.b64decode(part).decode() for part in line.rstrip("\\n").split(" "))
    print(re.search(pattern, text) is not None)
`

test.runIf(hasPython)('Python compiles each, with the same results', () => {
  expect(verdictsOf('python3', ['-c', PYTHON])).toEqual(VERDICTS)
})

const JAVA = `
import java.util.*;
import java.util.regex.Pattern;
class Verdicts {
  static String decoded(String text) { return new String(Base64.getDecoder().decode(text), java.nio.charset.StandardCharsets.UTF_8); }
  public static void main(String[] args) {
    for (Scanner lines = new Scanner(System.in); lines.hasNextLine();) {
      String[] parts = lines.nextLine().split(" ", 2);
      System.out.println(Pattern.compile(decoded(parts[0])).matcher(decoded(parts[1])).find());
    }
  }
}
`

test.runIf(hasJava)('Java compiles each, with the same results', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'achilles-java-'))
  await writeFile(join(folder, 'Verdicts.java'), JAVA)
  const verdicts = verdictsOf('java', [join(folder, 'Verdicts.java')])
  await rm(folder, { recursive: true })
  expect(verdicts).toEqual(VERDICTS)
})
