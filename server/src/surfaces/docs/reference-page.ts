/** The API reference: Scalar's bundle, served by the gateway itself. */
export const REFERENCE_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Achilles MCP Gateway: API reference</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/reference.js"></script>
    <script>
      Scalar.createApiReference('#reference', {
        url: '/openapi.json',
        servers: [{ url: location.origin + '/api/achilles/v1/mcp' }],
        withDefaultFonts: false,
        telemetry: false,
        showDeveloperTools: 'never',
        authentication: { preferredSecurityScheme: 'apiKey' },
        hideClientButton: true,
        persistAuth: true,
        agent: { disabled: true },
        mcp: { disabled: true },
      })
    </script>
  </body>
</html>
`
