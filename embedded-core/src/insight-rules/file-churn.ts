import type { SessionEvent } from '../store/events.ts'
import type { InsightRule } from './insight-rule.ts'

const MIN_EDITS = 10

export const fileChurn: InsightRule = (events) => {
  const editsByFile = new Map<string, SessionEvent[]>()
  for (const event of events) {
    if (event.event_type !== 'file_edited' || event.file_path === undefined) continue
    const edits = editsByFile.get(event.file_path)
    if (edits) edits.push(event)
    else editsByFile.set(event.file_path, [event])
  }
  return [...editsByFile].flatMap(([file_path, edits]) => {
    const first = edits[0]
    const completedBy = edits[MIN_EDITS - 1]
    if (!first || !completedBy) return []
    return {
      first,
      completedBy,
      severity: 'info',
      category: 'productivity',
      title: 'One file edited again and again',
      message: `${file_path} was edited ${edits.length} times.`,
      payload: { file_path, edits: edits.length },
    }
  })
}
