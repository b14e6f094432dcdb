/* Starts the API reference in the page; runs in the browser. */
globalThis.Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  servers: [{ url: `${location.origin}/api/achilles/v1/mcp`, description: 'This gateway' }],
  authentication: { preferredSecurityScheme: 'bearer' },
  // Keeps the key in this browser.
  persistAuth: true,
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  documentDownloadType: 'json',
  // The page must not load anything from other hosts.
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
})
