import { BASE62, BASE64, BASE64_URL, DIGITS, HEX, type Random, UPPER } from './random.ts'

/** A secret, and the texts that programs write around it. */
export interface Kind {
  name: string
  create: (random: Random) => string
  /** `$` stands for the secret. Those of every kind are used too, unless the secret has no format of its own. */
  texts?: readonly string[]
  /** Only a name or a place makes it a secret: it is used with its own texts alone. */
  needsContext?: true
}

const WORDS = [
  'autumn',
  'River',
  'copper',
  'Lantern',
  'violet',
  'Harbor',
  'maple',
  'Thunder',
  'silver',
  'Meadow',
] as const
const password = (random: Random) =>
  random.pick(WORDS) + random.pick(WORDS) + random.text(2, DIGITS) + random.pick(['!', '#', '?', '.', '-', '*'])
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

const token = (name: string, create: (random: Random) => string): Kind => ({ name, create })
const named = (name: string, create: (random: Random) => string, texts: readonly string[]): Kind => ({
  name,
  create,
  texts,
  needsContext: true,
})

/** Forty kinds, in the formats that their issuers document. */
export const KINDS: readonly Kind[] = [
  token('AWS access key id', (r) => r.pick(['AKIA', 'ASIA']) + r.text(16, `${UPPER}234567`)),
  named('AWS secret access key', (r) => r.text(40, BASE64), [
    'AWS_SECRET_ACCESS_KEY=$',
    'aws_secret_access_key = $',
    '"SecretAccessKey": "$"',
    'secretAccessKey: "$",',
  ]),
  token('GitHub token', (r) => `${r.pick(['ghp', 'gho', 'ghu', 'ghs', 'ghr'])}_${r.text(36)}`),
  token('GitHub fine-grained token', (r) => `github_pat_${r.text(22)}_${r.text(59)}`),
  token('GitLab token', (r) => `${r.pick(['glpat', 'gldt', 'glrt', 'glcbt'])}-${r.text(20, BASE64_URL)}`),
  token('Slack token', (r) => `xoxb-${r.text(12, DIGITS)}-${r.text(13, DIGITS)}-${r.text(24)}`),
  token(
    'Slack webhook',
    (r) =>
      `https://hooks.slack.com/services/T${r.text(10, UPPER + DIGITS)}/B${r.text(10, UPPER + DIGITS)}/${r.text(24)}`,
  ),
  token('Stripe key', (r) => `${r.pick(['sk', 'rk'])}_${r.pick(['live', 'test'])}_${r.text(99)}`),
  token('OpenAI key', (r) => `sk-proj-${r.text(74, BASE64_URL)}T3BlbkFJ${r.text(74, BASE64_URL)}`),
  token('Anthropic key', (r) => `sk-ant-api03-${r.text(93, BASE64_URL)}AA`),
  token('Google API key', (r) => `AIza${r.text(35, BASE64_URL)}`),
  token('Google OAuth token', (r) => `ya29.${r.text(140, BASE64_URL)}`),
  token('Hugging Face token', (r) => `hf_${r.text(34, BASE62.replace(/[0-9]/g, ''))}`),
  token('npm token', (r) => `npm_${r.text(36)}`),
  token('PyPI token', (r) => `pypi-AgEIcHlwaS5vcmc${r.text(150, BASE64_URL)}`),
  token('Docker token', (r) => `dckr_pat_${r.text(27, BASE64_URL)}`),
  token('DigitalOcean token', (r) => `dop_v1_${r.text(64, HEX)}`),
  token('SendGrid key', (r) => `SG.${r.text(22, BASE64_URL)}.${r.text(43, BASE64_URL)}`),
  token('Shopify token', (r) => `shpat_${r.text(32, HEX)}`),
  token('Twilio key', (r) => `SK${r.text(32, HEX)}`),
  named('Twilio auth token', (r) => r.text(32, HEX), ['TWILIO_AUTH_TOKEN=$', 'auth_token: "$"', '{"authToken":"$"}']),
  token('Telegram bot token', (r) => `${r.text(10, `${DIGITS.slice(1)}`)}:AA${r.text(33, BASE64_URL)}`),
  token('Discord bot token', (r) => `M${r.text(25, BASE64_URL)}.${r.text(6, BASE64_URL)}.${r.text(38, BASE64_URL)}`),
  token('Vault token', (r) => `hvs.${r.text(90, BASE64_URL)}`),
  token('Terraform Cloud token', (r) => `${r.text(14)}.atlasv1.${r.text(67)}`),
  token('Databricks token', (r) => `dapi${r.text(32, HEX)}`),
  token('Linear key', (r) => `lin_api_${r.text(40)}`),
  token('Notion token', (r) => `ntn_${r.text(46)}`),
  token(
    'JSON Web Token',
    (r) =>
      `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ sub: r.text(12), iat: 1_700_000_000 + r.below(1e7) })}.${r.text(43, BASE64_URL)}`,
  ),
  token('private key', (r) =>
    [
      '-----BEGIN PRIVATE KEY-----',
      ...Array.from({ length: 6 }, () => r.text(64, BASE64)),
      `${r.text(30, BASE64)}==`,
      '-----END PRIVATE KEY-----',
    ].join('\n'),
  ),
  named('Azure storage key', (r) => `${r.text(86, BASE64)}==`, [
    'DefaultEndpointsProtocol=https;AccountName=store;AccountKey=$;EndpointSuffix=core.windows.net',
    'AZURE_STORAGE_KEY=$',
    '"accountKey": "$"',
  ]),
  named('Azure client secret', (r) => `${r.text(3)}8Q~${r.text(34, `${BASE64_URL}.~`)}`, [
    'AZURE_CLIENT_SECRET=$',
    'client_secret: $',
    'az login --service-principal --password $',
  ]),
  named('password in a URL', (r) => r.text(10 + r.below(10), `${BASE62}-_.!`), [
    'DATABASE_URL=postgres://app:$@db.internal:5432/shop',
    'redis://default:$@cache:6379/0',
    'git clone https://ada:$@git.example.com/shop.git',
    'amqp://guest:$@mq/',
  ]),
  named('password of a person', password, [
    'password = "$"',
    "PASSWORD='$'",
    '{"username":"ada","password":"$"}',
    'mysql -u root -p"$" shop',
    'curl -u ada:$ https://example.com',
    '--password $',
    'db:\n  password: $',
    'sshpass -p "$" ssh ada@host',
    'The password is $ until Monday.',
    'Log in as ada with $, please.',
  ]),
  named('bearer token', (r) => r.text(40, BASE64_URL), [
    'Authorization: Bearer $',
    `curl -H "Authorization: Bearer $" https://api.example.com/v1/users`,
    `headers: { authorization: 'Bearer $' }`,
  ]),
  named('basic authorization', (r) => Buffer.from(`ada:${password(r)}`).toString('base64'), [
    'Authorization: Basic $',
    '"authorization": "Basic $"',
    '_auth = $',
  ]),
  named('generic API key', (r) => r.text(32), [
    'API_KEY=$',
    'apiKey: "$"',
    'x-api-key: $',
    '"api_key": "$"',
    'api-key=$',
    '--api-key $',
  ]),
  named('generic secret', (r) => r.text(48, HEX), [
    'SESSION_SECRET=$',
    'client_secret = "$"',
    'JWT_SECRET: $',
    'SECRET_KEY = "$"',
    '"webhookSecret": "$"',
  ]),
  named('session cookie', (r) => r.text(64, BASE64_URL), [
    'Cookie: session=$; theme=dark',
    'Set-Cookie: sid=$; HttpOnly; Path=/',
  ]),
  named('UUID as a key', (r) => [8, 4, 4, 4, 12].map((length) => r.text(length, HEX)).join('-'), [
    'HEROKU_API_KEY=$',
    'api_key: $',
    '"apiKey": "$"',
    'x-api-key: $',
  ]),
]

/** What surrounds secrets in prompts, tool inputs, outputs and files. */
export const TEXTS: readonly string[] = [
  'Use the key $ for the test environment, please.',
  'TOKEN=$',
  'export SERVICE_TOKEN="$"',
  '{"token": "$", "active": true}',
  '{\\"env\\":{\\"KEY\\":\\"$\\"}}',
  "const client = new Client('$')",
  'curl -s -H "X-Token: $" https://api.example.com/items | jq .',
  '2026-03-02T09:04:11Z ERROR request failed: 401 for credential $, retrying',
  '-    key: $\n+    key: !ENV KEY',
  'run: deploy --with $ --yes',
]
