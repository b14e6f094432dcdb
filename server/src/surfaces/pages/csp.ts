/**
 * The content security policy of the gateway's own pages: only resources of the gateway, no inline scripts.
 * @param styles additional style sources
 */
export const pagePolicy = (styles = ''): Readonly<Record<string, string>> => ({
  'content-security-policy': [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'${styles && ` ${styles}`}`,
    `img-src 'self' data:`,
    `font-src 'self' data:`,
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; '),
})
