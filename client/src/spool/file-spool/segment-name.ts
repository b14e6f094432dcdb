/**
 * Names a segment file: `id`, which says who began it and when, stays for good and sorts by age; `owner` is who has it
 * now.
 */
export interface SegmentName {
  owner: string
  id: string
}

const PATTERN = /^([0-9a-f]{24})\.([0-9a-f]{24}-\d{8,})\.jsonl$/

/** The file name of a segment. */
export const segmentFile = ({ owner, id }: SegmentName) => `${owner}.${id}.jsonl`

/** The id of the segment that `owner` begins as its `sequence`th. */
export const segmentId = (owner: string, sequence: number) => `${owner}-${String(sequence).padStart(8, '0')}`

/** Reads a file name; undefined for a file that is no segment. */
export function parseSegmentFile(file: string): SegmentName | undefined {
  const [, owner, id] = PATTERN.exec(file) ?? []
  return owner && id ? { owner, id } : undefined
}
