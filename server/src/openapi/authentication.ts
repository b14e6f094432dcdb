import type { OpenAPIObject } from 'trpc-to-openapi'

/** The callers that a gateway accepts; without API keys and tokens, callers without credentials. */
export interface Access {
  apiKeys: boolean
  /** The issuer of the accepted tokens. */
  tokenIssuer?: string | undefined
  loopbackOnly: boolean
}

interface Authentication {
  /** A sentence for the description of the API. */
  summary: string
  scheme?: NonNullable<NonNullable<OpenAPIObject['components']>['securitySchemes']>[string]
  /** Of every operation that calls Core. */
  security?: NonNullable<OpenAPIObject['security']>
}

/** @param access Default: any gateway's, where credentials are optional */
export function describeAuthentication(access?: Access): Authentication {
  if (access === undefined)
    return {
      summary:
        '`authorization: Bearer …` with an API key or a JWT, if the gateway requires one. A gateway without configured credentials serves local callers only and requires none.',
      scheme: bearer('An API key (`npm run -s keys -- add NAME`) or a JWT from the configured issuer.'),
      security: [{}, { bearer: [] }],
    }
  const { apiKeys, tokenIssuer, loopbackOnly } = access
  const accepted = [
    ...(apiKeys ? ['an API key'] : []),
    ...(tokenIssuer === undefined ? [] : [`a JWT from ${tokenIssuer}`]),
  ].join(' or ')
  if (accepted !== '')
    return {
      summary: `This gateway requires \`authorization: Bearer …\` with ${accepted}.`,
      scheme: bearer(`${accepted.charAt(0).toUpperCase()}${accepted.slice(1)}.`),
      security: [{ bearer: [] }],
    }
  return {
    summary: loopbackOnly
      ? 'This gateway requires no credentials and serves only callers on its own machine.'
      : 'This gateway requires no credentials.',
  }
}

const bearer = (description: string) => ({ type: 'http', scheme: 'bearer', description }) as const
