/* Hooks of Dredd: run the documented successes, with the session that `sessionsCreate` opens. */
const hooks = require('hooks')

const EXAMPLE_SESSION = 'ses_8c41'
let session = EXAMPLE_SESSION

hooks.beforeEach((transaction) => {
  const { expected, request } = transaction
  // Dredd also tries errors, which need a Core that fails, and takes `default` for a 200.
  transaction.skip = expected.statusCode !== '200' || expected.headers['Content-Type'] !== 'application/json'
  // Dredd requires every documented header; this one is only in responses to lenient requests.
  delete expected.headers['Preference-Applied']
  // Dredd sends optional headers without a value.
  request.headers = Object.fromEntries(Object.entries(request.headers).filter(([, value]) => value !== ''))
  transaction.fullPath = transaction.fullPath.replaceAll(EXAMPLE_SESSION, session)
  request.body = request.body.replaceAll(EXAMPLE_SESSION, session)
})

hooks.afterEach(({ name, real, skip }) => {
  if (!skip && name.includes('Open a session')) session = JSON.parse(real.body).session_id
})
