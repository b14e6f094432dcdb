import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import { operationNamed } from './operations.ts'
import { reply, type Script, type ScriptedCore } from './scripted-core.ts'

type SeenRequest = Parameters<Script>[0]

/** A call with events whose response Core holds back. */
export interface HeldCall extends SeenRequest {
  /** The ids of its events, in order. */
  ids: string[]
  /** True once the gateway has closed the connection. */
  abandoned: boolean
  answered: boolean
  /** Responds, unless it already has. */
  answer(script?: Script): void
}

export const handshakeWith = (sizes: Record<string, unknown> = {}): Script =>
  reply(200, { ...(operationNamed('handshake').answer as object), ...sizes })

export const idsIn = (text: string): string[] =>
  (parseJson(text) as { events: { event_id: string }[] }).events.map(({ event_id }) => event_id)

export const acceptAll: Script = (request, response, attempt) => {
  const results = idsIn(request.text).map((event_id) => ({ event_id, status: 'accepted' }))
  reply(200, stringifyJson({ results, failed: [] }))(request, response, attempt)
}

/** Makes a Core hold every call with events, in the returned list; any other call is a handshake. */
export function holdEvents(core: ScriptedCore, handshake = handshakeWith()): HeldCall[] {
  const held: HeldCall[] = []
  core.answer((request, response, attempt) => {
    if (request.url !== '/signals/events/batch') return handshake(request, response, attempt)
    const call: HeldCall = {
      ...request,
      ids: idsIn(request.text),
      abandoned: false,
      answered: false,
      answer(script = acceptAll) {
        if (this.answered || this.abandoned) return
        this.answered = true
        script(request, response, attempt)
      },
    }
    response.once('close', () => {
      call.abandoned = !response.writableFinished
    })
    held.push(call)
  })
  return held
}
