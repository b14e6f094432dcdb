export const MAX_BATCH_CALLS = 20
