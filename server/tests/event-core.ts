import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import { operationNamed } from './operations.ts'
import { reply, type Script, type ScriptedCore } from './scripted-core.ts'

type SeenRequest = Parameters<Script>[0]

/** A call with events that Core holds back. */
export interface HeldCall extends SeenRequest {
  /** The ids of its events, in their order. */
  ids: string[]
  /** True once the gateway is no longer there for the answer. */
  abandoned: boolean
  answered: boolean
  /** Answers, unless it has been. */
  answer(script?: Script): void
}

/** What Core says of its sizes. */
export const handshakeWith = (sizes: Record<string, unknown> = {}): Script =>
  reply(200, { ...(operationNamed('handshake').answer as object), ...sizes })

export const idsIn = (text: string): string[] =>
  (parseJson(text) as { events: { event_id: string }[] }).events.map(({ event_id }) => event_id)

/** Takes every event. */
export const acceptAll: Script = (request, response, attempt) => {
  const results = idsIn(request.text).map((event_id) => ({ event_id, status: 'accepted' }))
  reply(200, stringifyJson({ results, failed: [] }))(request, response, attempt)
}

/** Lets a Core hold every call with events, in the list that is returned; anything else is a handshake. */
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
