import { EventBatchResponse } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { resultsFor } from './responses.ts'

test.each([[[]], [['a']], [['a', 'b', 'c']]])('every event of %j is accepted', (ids) => {
  const batch = { events: ids.map((event_id) => ({ event_id, event_type: 'file_edited' })) }
  for (const text of [JSON.stringify(batch), JSON.stringify(batch, null, 1)]) {
    const response = JSON.parse(resultsFor(Buffer.from(text)).toString())
    expect(EventBatchResponse.parse(response)).toEqual({
      results: ids.map((event_id) => ({ event_id, status: 'accepted' })),
      failed: [],
    })
  }
})
