/* Starts the API reference in the page; runs in the browser. */
globalThis.Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  servers: [{ url: `${location.origin}/api/achilles/v1/mcp`, description: 'This gateway' }],
  authentication: { preferredSecurityScheme: 'bearer' },
  // The key is entered once, and kept in this browser.
  persistAuth: true,
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  documentDownloadType: 'json',
  // Nothing of the page may ask for anything beyond the gateway.
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
})
