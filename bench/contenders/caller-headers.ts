/** The headers of every call. The key is in `api-keys.json`; contenders other than the gateway ignore it. */
export const CALLER_HEADERS = { 'content-type': 'application/json', authorization: 'Bearer ach_bench' } as const
