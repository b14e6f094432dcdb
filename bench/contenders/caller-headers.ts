/** What every caller sends: the gateway knows the key from `api-keys.json`, the others ask for none. */
export const CALLER_HEADERS = { 'content-type': 'application/json', authorization: 'Bearer ach_bench' } as const
