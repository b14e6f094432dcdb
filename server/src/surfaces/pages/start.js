/* Starts Swagger UI in the page; runs in the browser. */
document.documentElement.classList.toggle('dark-mode', matchMedia('(prefers-color-scheme: dark)').matches)
globalThis.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // Keeps the key in this browser.
  persistAuthorization: true,
  requestSnippetsEnabled: true,
  // Schemas are listed, but closed.
  defaultModelsExpandDepth: 0,
  // The page must not load anything from other hosts.
  validatorUrl: null,
})
