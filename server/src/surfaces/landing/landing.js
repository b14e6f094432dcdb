/* Brings the landing page to life; runs in the browser. */
const POLL_MS = 5_000

const WORDS = {
  ok: 'Ready: it takes calls.',
  degraded: 'Degraded: Core fails. Calls are refused until it recovers.',
  draining: 'Stopping: nothing new is taken.',
  gone: 'No answer from the gateway.',
}

const health = document.getElementById('health')
const healthText = document.getElementById('health-text')

async function showHealth() {
  const state = await askHealth()
  // Said aloud by screen readers: written only when it changes.
  if (health.dataset.state === state) return
  health.dataset.state = state
  healthText.textContent = WORDS[state]
}

async function askHealth() {
  try {
    const answer = await fetch('/readyz', { cache: 'no-store', signal: AbortSignal.timeout(POLL_MS) })
    const { status } = await answer.json()
    return status in WORDS ? status : 'gone'
  } catch {
    return 'gone'
  }
}

async function watchHealth() {
  if (!document.hidden) await showHealth()
  setTimeout(watchHealth, POLL_MS)
}

async function copy(button) {
  const snippet = document.getElementById(button.dataset.copies)
  const isCopied = await copyText(snippet)
  button.textContent = isCopied ? 'Copied' : 'Press Ctrl+C'
  document.getElementById('copied').textContent = isCopied ? 'Copied to the clipboard.' : 'Selected: press Ctrl+C.'
  setTimeout(() => {
    button.textContent = 'Copy'
  }, 2_000)
}

async function copyText(snippet) {
  try {
    // Absent where the page came neither over TLS nor from this machine.
    await navigator.clipboard.writeText(snippet.textContent)
    return true
  } catch {
    getSelection().selectAllChildren(snippet)
    return document.execCommand('copy')
  }
}

for (const place of document.querySelectorAll('[data-origin]')) place.textContent = location.origin
for (const button of document.querySelectorAll('[data-copies]')) button.addEventListener('click', () => copy(button))
document.addEventListener('visibilitychange', () => !document.hidden && showHealth())
watchHealth()
